# ASan and UBSan for EbpfKit's own C++ (preset "sanitized"), also with the coverage that guides fuzzers.
include_guard(GLOBAL)

option(EBPFKIT_SANITIZE "Build the host tool and the unit tests under ASan and UBSan" OFF)
option(EBPFKIT_FUZZ "Build the fuzz targets (needs clang and its libFuzzer)" OFF)

function(ebpfkit_enable_sanitizers target)
  if(EBPFKIT_SANITIZE OR EBPFKIT_FUZZ)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PUBLIC ${flags})
  endif()
  if(EBPFKIT_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Reports of the sanitizers need no more of the debug information than lines.
    target_compile_options(${target} PRIVATE -O1 -gline-tables-only -fsanitize=fuzzer-no-link)
  endif()
endfunction()
