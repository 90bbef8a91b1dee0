# Tests of the client library and the command line. The fake service is the only file that needs gRPC.
if(NOT SEXTANT_CORE_ONLY)
  add_library(client_fake_server STATIC client_fake_server.cc)
  target_link_libraries(client_fake_server
    PUBLIC sextant_proto absl::status
    PRIVATE sextant_grpc absl::strings sextant_flags)

  sextant_test(client_library_test sextant_client client_fake_server)
  sextant_test(client_connect_test sextant_cli test_certificates client_fake_server)
  sextant_test(client_text_test sextant_cli sextant_client_text client_fake_server)
  sextant_test(client_cli_test sextant_cli nlohmann_json::nlohmann_json client_fake_server)
  sextant_test(eval_problems_test sextant_eval)
  sextant_test(eval_summary_test sextant_eval nlohmann_json::nlohmann_json client_fake_server)
  sextant_test(calibrate_recommend_test sextant_calibrate)
  sextant_test(eval_runner_test sextant_eval client_fake_server)
  sextant_test(calibrate_test sextant_calibrate)
  sextant_test(calibrate_command_test sextant_cli nlohmann_json::nlohmann_json client_fake_server)
  sextant_test(eval_figures_test sextant_report)
  sextant_test(eval_report_test sextant_report)
  sextant_test(eval_command_test sextant_cli nlohmann_json::nlohmann_json client_fake_server)

  foreach(name probe_generation_test probe_server_test)
    sextant_test(${name} sextant_probe test_fakes)
  endforeach()
  sextant_test(probe_command_test sextant_cli sextant_probe sextant_planning sextant_simulator nlohmann_json::nlohmann_json)
endif()
