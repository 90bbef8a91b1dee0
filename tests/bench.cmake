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

# What reads streams, without the service.
add_library(bench_streams STATIC EXCLUDE_FROM_ALL
  bench/bare_reader.cc bench/child_process.cc bench/instant_server.cc bench/paced_server.cc bench/wire.cc)
target_link_libraries(bench_streams
  PUBLIC absl::strings absl::time PRIVATE simdjson::simdjson sextant_flags)
# The reference is as fast as it gets here: simdjson's kernel is chosen when it is compiled.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  set_source_files_properties(bench/bare_reader.cc PROPERTIES COMPILE_OPTIONS
    "-mavx2;-mbmi;-mbmi2;-mlzcnt;-mpopcnt;-mpclmul;-DNDEBUG")
endif()
add_library(bench_server STATIC EXCLUDE_FROM_ALL bench/bench_server.cc)
target_link_libraries(bench_server PUBLIC sextant_service PRIVATE sextant_flags)

add_executable(soak EXCLUDE_FROM_ALL bench/soak.cc)
target_link_libraries(soak
  PRIVATE sextant_client sextant_planning nlohmann_json::nlohmann_json CLI11::CLI11 sextant_flags)

add_executable(stream_cost EXCLUDE_FROM_ALL bench/stream_cost.cc)
target_link_libraries(stream_cost
  PRIVATE bench_streams sextant_strategies sextant_backend nlohmann_json::nlohmann_json CLI11::CLI11 sextant_flags)
add_executable(chunk_instructions EXCLUDE_FROM_ALL bench/chunk_instructions.cc)
target_link_libraries(chunk_instructions
  PRIVATE bench_streams sextant_strategies sextant_backend sextant_flags)
foreach(name close_cost scale solve_cost)
  add_executable(${name} EXCLUDE_FROM_ALL bench/${name}.cc)
  target_link_libraries(${name}
    PRIVATE bench_streams bench_server sextant_client nlohmann_json::nlohmann_json CLI11::CLI11 sextant_flags)
endforeach()
