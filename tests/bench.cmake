# Programs that measure; `make bench` runs them in full. ctest runs the one that checks more than speed, small.
find_package(CLI11 CONFIG REQUIRED)
add_executable(cancel_cost bench/cancel_cost.cc)
target_link_libraries(cancel_cost
  PRIVATE sextant_service sextant_simulator sextant_client CLI11::CLI11 sextant_flags)
add_test(NAME cancel_cost COMMAND cancel_cost --solves 32 --concurrency 4)

add_executable(deadline_answer bench/deadline_answer.cc)
target_link_libraries(deadline_answer PRIVATE end_to_end_world CLI11::CLI11 sextant_flags)

add_executable(answer_cost bench/answer_cost.cc)
target_link_libraries(answer_cost PRIVATE sextant_math sextant_flags)
