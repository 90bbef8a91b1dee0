sextant_test(answer_math_test sextant_math)
# Reading is pure: no threads for TSan to look at, and megabytes of hostile text would take minutes there.
if(NOT SEXTANT_CORE_ONLY)
  foreach(test number choice forms json languages text trace_parts search reader reader_limits vote watcher)
    sextant_test(answer_${test}_test sextant_answer)
  endforeach()
  # The pairs and endings in tests/data say what the project takes for equal.
  sextant_test(answer_pairs_test sextant_answer nlohmann_json::nlohmann_json)
  target_compile_definitions(answer_pairs_test
    PRIVATE SEXTANT_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
  sextant_test(answer_grade_test sextant_grade nlohmann_json::nlohmann_json ZLIB::ZLIB)
endif()
