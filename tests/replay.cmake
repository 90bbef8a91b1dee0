# The paper's table through the real path on a few problems; tests/replay/table.py makes it in full. Sanitizers are
# too slow for tokens to be told apart by time. Exits 77, skipped, where there are no recorded traces.
if(NOT SEXTANT_SANITIZE)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME replay_table
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/replay/table.py --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
            --shared ${CMAKE_SOURCE_DIR}/../shared --models deepseek-r1 --problems 2 --speed 2000 --concurrency 36)
  set_tests_properties(replay_table PROPERTIES LABELS "replay;slow" SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
