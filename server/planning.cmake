# What is known before the first trace starts: configuration, policy, plan. No gRPC.
add_library(sextant_planning STATIC
  config.cc did_you_mean.cc difficulty.cc endpoint.cc expected_use.cc planner.cc policy.cc profile.cc
  request_check.cc
  yaml_document.cc yaml_reader.cc strategies/spec.cc)
target_link_libraries(sextant_planning
  PUBLIC sextant_proto absl::status absl::statusor absl::strings absl::span absl::time
  PRIVATE sextant_flags yaml-cpp CURL::libcurl)
