sextant_test(answer_math_test sextant_math)
foreach(test number choice forms json languages text trace_parts search reader vote watcher)
  sextant_test(answer_${test}_test sextant_answer)
endforeach()
# Megabytes of hostile text: minutes under TSan, which has no thread to look at in pure functions.
if(NOT SEXTANT_CORE_ONLY)
  sextant_test(answer_reader_limits_test sextant_answer)
endif()
if(TARGET sextant_grade)
  sextant_test(answer_grade_test sextant_grade nlohmann_json::nlohmann_json ZLIB::ZLIB)
endif()
# The pairs and endings in tests/data say what the project takes for equal.
if(NOT SEXTANT_CORE_ONLY)
  sextant_test(answer_pairs_test sextant_answer nlohmann_json::nlohmann_json)
  target_compile_definitions(answer_pairs_test
    PRIVATE SEXTANT_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
endif()
