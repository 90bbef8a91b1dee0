# The whole path in one process, over real sockets, against the simulator.
add_library(end_to_end_world STATIC end_to_end/metrics_page.cc end_to_end/raw_call.cc end_to_end/world.cc)
target_link_libraries(end_to_end_world
  PUBLIC sextant_service sextant_simulator sextant_client GTest::gtest
  PRIVATE nlohmann_json::nlohmann_json sextant_flags)
foreach(name front_desk_test solve_test fault_test judge_test budget_test stream_test server_test
        confidence_solve_test report_test)
  sextant_test(end_to_end/${name} end_to_end_world)
endforeach()
sextant_test(end_to_end/security_test end_to_end_world test_fakes test_certificates)
foreach(name accounting_test solve_call_test solve_log_test)
  sextant_test(end_to_end/${name} end_to_end_world test_fakes nlohmann_json::nlohmann_json)
endforeach()
sextant_test(end_to_end/hostile_test end_to_end_world)
sextant_test(settings_test sextant_service)
sextant_test(log_test sextant_service)
sextant_test(call_facts_test sextant_service)
sextant_test(deadline_test sextant_service)
