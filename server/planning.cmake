# What is known before the first trace starts: configuration, policy, plan. No gRPC.
# The default policy is a file that users can copy; the server carries its text.
set(SEXTANT_POLICY_FILE ${CMAKE_SOURCE_DIR}/deploy/policies/sextant.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SEXTANT_POLICY_FILE})
file(READ ${SEXTANT_POLICY_FILE} SEXTANT_POLICY_TEXT)
configure_file(built_in_policy.cc.in built_in_policy.cc @ONLY)

# Clients check their PEM files with it too.
add_library(sextant_certificates STATIC certificates.cc)
target_link_libraries(sextant_certificates
  PUBLIC absl::status absl::time
  PRIVATE sextant_flags absl::statusor absl::strings OpenSSL::Crypto)

add_library(sextant_planning STATIC
  ${CMAKE_CURRENT_BINARY_DIR}/built_in_policy.cc admission.cc caller_quotas.cc callers.cc config.cc config_path.cc
  did_you_mean.cc difficulty.cc difficulty_config.cc endpoint.cc environment_secret.cc expected_use.cc judge_prompt.cc pilot.cc
  planner.cc policy.cc profile.cc prompt_tokens.cc receipts_config.cc request_check.cc request_sharing.cc security_config.cc
  yaml_document.cc yaml_reader.cc strategies/spec.cc strategies/spec_call.cc
  strategies/spec_check.cc strategies/spec_text.cc)
target_link_libraries(sextant_planning
  PUBLIC sextant_proto absl::status absl::statusor absl::strings absl::span absl::time
  PRIVATE sextant_certificates sextant_flags yaml-cpp CURL::libcurl OpenSSL::Crypto)
