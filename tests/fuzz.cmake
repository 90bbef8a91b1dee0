# Fuzz targets: libFuzzer, so clang, under ASan and UBSan. Each has a corpus of its name; scripts/fuzz.sh runs them.
function(sextant_fuzz name)
  add_executable(${name}_fuzz fuzz/${name}_fuzz.cc)
  target_link_libraries(${name}_fuzz PRIVATE ${ARGN} sextant_flags)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()

sextant_fuzz(config sextant_planning)
sextant_fuzz(extraction sextant_answer)
sextant_fuzz(equivalence sextant_answer)
sextant_fuzz(receipt sextant_receipt)
sextant_fuzz(request sextant_planning sextant_answer_format)
sextant_fuzz(sse sextant_backend)
