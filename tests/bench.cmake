# Programs that measure; `make bench` runs them in full. ctest runs the one that checks more than speed, small.
find_package(CLI11 CONFIG REQUIRED)
add_executable(cancel_cost bench/cancel_cost.cc)
target_link_libraries(cancel_cost
  PRIVATE sextant_service sextant_simulator sextant_client CLI11::CLI11 sextant_flags)
add_test(NAME cancel_cost COMMAND cancel_cost --solves 32 --concurrency 4)

add_executable(deadline_answer EXCLUDE_FROM_ALL bench/deadline_answer.cc)
target_link_libraries(deadline_answer PRIVATE end_to_end_world CLI11::CLI11 sextant_flags)

add_executable(answer_speed EXCLUDE_FROM_ALL bench/answer_speed.cc)
target_link_libraries(answer_speed
  PRIVATE sextant_answer sextant_lines nlohmann_json::nlohmann_json CLI11::CLI11 sextant_flags)

add_executable(overload EXCLUDE_FROM_ALL bench/overload.cc)
target_link_libraries(overload PRIVATE sextant_client CLI11::CLI11 sextant_flags)

add_executable(stream_cost EXCLUDE_FROM_ALL bench/stream_cost.cc bench/paced_server.cc)
target_link_libraries(stream_cost
  PRIVATE sextant_strategies sextant_backend nlohmann_json::nlohmann_json CLI11::CLI11 sextant_flags)
