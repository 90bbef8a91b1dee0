foreach(name admission_test prompt_tokens_test config_test policy_test planner_test expected_use_test difficulty_test
        judge_prompt_test pilot_test receipts_config_test spec_test request_check_test)
  sextant_test(${name} sextant_planning)
endforeach()
target_compile_definitions(planner_test PRIVATE SEXTANT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_compile_definitions(policy_test PRIVATE SEXTANT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_compile_definitions(config_test PRIVATE SEXTANT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
