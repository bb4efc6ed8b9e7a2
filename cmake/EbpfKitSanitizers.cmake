# Sanitizers for EbpfKit's own C++: presets "sanitized" (ASan and UBSan) and "thread-sanitized" (TSan), the coverage
# that guides fuzzers, and the coverage that scripts/coverage reports.
include_guard(GLOBAL)

set(EBPFKIT_SANITIZE
    OFF
    CACHE
      STRING
      "Build the host tool, the runtime and the unit tests under ASan and UBSan (ON), or under TSan (thread)"
)
set_property(CACHE EBPFKIT_SANITIZE PROPERTY STRINGS OFF ON thread)
option(EBPFKIT_FUZZ "Build the fuzz targets (needs clang and its libFuzzer)" OFF)
option(EBPFKIT_COVERAGE "Count which lines of the host tool and the runtime are run (needs clang)"
       OFF)
if(EBPFKIT_COVERAGE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(
    FATAL_ERROR "EBPFKIT_COVERAGE: ${CMAKE_CXX_COMPILER} is not clang, whose coverage is counted.\n"
                "  Use -DCMAKE_CXX_COMPILER=clang++ in a new build directory.")
endif()
if(EBPFKIT_COVERAGE)
  # The library that writes the counts stands beside the one whose path clang tells.
  execute_process(
    COMMAND "${CMAKE_CXX_COMPILER}" --rtlib=compiler-rt --print-libgcc-file-name
    OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "libclang_rt.builtins" "libclang_rt.profile" library "${library}")
  if(NOT EXISTS "${library}")
    message(FATAL_ERROR "EBPFKIT_COVERAGE: there is no '${library}'.\n"
                        "  Install clang's runtime libraries (libclang-rt-dev, compiler-rt).")
  endif()
  # Other directories call the function, too.
  set(EBPFKIT_PROFILE_LIBRARY "${library}" CACHE INTERNAL "")
  unset(library)
endif()
if(EBPFKIT_SANITIZE STREQUAL "thread" AND EBPFKIT_FUZZ)
  message(
    FATAL_ERROR
      "EBPFKIT_SANITIZE=thread: the fuzzers run under ASan, and a program has one of both.\n"
      "  Use a build directory without EBPFKIT_FUZZ.")
elseif(NOT EBPFKIT_SANITIZE MATCHES "^(thread|[Oo][Nn]|[Oo][Ff][Ff]|TRUE|true|FALSE|false|1|0|)$")
  message(FATAL_ERROR "EBPFKIT_SANITIZE='${EBPFKIT_SANITIZE}' is no sanitizer that EbpfKit knows.\n"
                      "  Use OFF, ON (ASan and UBSan) or thread (TSan).")
endif()

# ebpfkit_enable_sanitizers(<target>)
function(ebpfkit_enable_sanitizers target)
  set(flags "")
  if(EBPFKIT_SANITIZE STREQUAL "thread")
    set(flags -fsanitize=thread -fno-omit-frame-pointer)
  elseif(EBPFKIT_SANITIZE OR EBPFKIT_FUZZ)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  endif()
  target_compile_options(${target} PRIVATE ${flags})
  target_link_options(${target} PUBLIC ${flags})
  if(EBPFKIT_COVERAGE)
    target_compile_options(${target} PRIVATE -fprofile-instr-generate -fcoverage-mapping)
    # A test links clang's objects with g++, which does not know these options.
    target_link_options(${target} PUBLIC -Wl,-u,__llvm_profile_runtime "${EBPFKIT_PROFILE_LIBRARY}")
  endif()
  if(EBPFKIT_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()
