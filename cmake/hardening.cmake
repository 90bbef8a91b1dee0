# Against what a bug in memory safety could be used for. Flags that a compiler or an architecture does not have are left
# out: -fcf-protection is for x86 alone.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Undefined first: some compilers come with a value of their own.
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  string(MAKE_C_IDENTIFIER "has${flag}" has)
  check_cxx_compiler_flag(${flag} ${has})
  if(${has})
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:${flag}>)
  endif()
endforeach()
check_linker_flag(CXX "-Wl,-z,relro,-z,now" has_full_relro)
if(has_full_relro)
  add_link_options("-Wl,-z,relro,-z,now")
endif()
