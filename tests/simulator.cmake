# Tests of the simulator, which other tests run in their own process.
foreach(name simulator_text_test simulator_catalog_test simulator_reply_test simulator_server_test)
  sextant_test(${name} sextant_simulator absl::status absl::strings absl::time
               nlohmann_json::nlohmann_json)
endforeach()
target_compile_definitions(simulator_catalog_test PRIVATE SEXTANT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(simulator_catalog_test PRIVATE ZLIB::ZLIB)
