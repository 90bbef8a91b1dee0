# Offline grading, without gRPC: only the answer library and the files.
add_library(sextant_grade STATIC ${CMAKE_CURRENT_LIST_DIR}/grade.cc ${CMAKE_CURRENT_LIST_DIR}/grade_row.cc)
target_link_libraries(sextant_grade
  PUBLIC absl::status
  PRIVATE sextant_answer sextant_lines sextant_flags absl::str_format absl::strings nlohmann_json::nlohmann_json)
