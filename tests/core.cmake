# The async core, the backend layer and the strategies. Builds without gRPC too, for TSan.
# Certificates are made by the tests themselves.
add_library(test_certificates STATIC fakes/certificates.cc)
target_link_libraries(test_certificates PUBLIC absl::time PRIVATE OpenSSL::Crypto sextant_flags)

add_library(test_fakes STATIC fakes/fake_backend.cc fakes/scripted_server.cc fakes/tls_server.cc)
target_link_libraries(test_fakes
  PUBLIC sextant_backend
  PRIVATE test_certificates OpenSSL::SSL sextant_flags)

foreach(name sse_test openai_chunk_test breaker_test)
  sextant_test(${name} sextant_backend)
endforeach()
foreach(name task_test fan_test loop_test read_pace_test resolver_test http_test pool_placement_test pool_hedge_test
        pool_retry_test pool_health_test pool_address_test health_check_test)
  sextant_test(${name} test_fakes)
endforeach()
foreach(name openai_request_test openai_stream_test openai_error_test openai_abort_test)
  sextant_test(${name} test_fakes nlohmann_json::nlohmann_json)
endforeach()
foreach(name traces_test trace_usage_test budget_end_test strategies_test lossless_stop_test
        beam_search_test confidence_test confidence_strategies_test)
  sextant_test(${name} test_fakes sextant_strategies)
endforeach()
sextant_test(choice_group_test test_fakes sextant_strategies)
sextant_test(adaptive_test test_fakes sextant_strategies sextant_core)

sextant_test(replacement_test test_fakes sextant_core)
sextant_test(receipt_test sextant_receipt)
sextant_test(report_window_test sextant_receipt)

# Coroutines that resume one another must not pile up on the stack, whatever the optimiser does.
foreach(name task fan)
  add_executable(${name}_unoptimised_test ${name}_test.cc)
  target_compile_options(${name}_unoptimised_test PRIVATE -O0)
  target_link_libraries(${name}_unoptimised_test
    PRIVATE test_fakes sextant_flags GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name}_unoptimised_test TEST_SUFFIX .Unoptimised DISCOVERY_TIMEOUT 60)
endforeach()
