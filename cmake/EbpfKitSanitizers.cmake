# Sanitizers for EbpfKit's own C++: presets "sanitized" (ASan and UBSan) and "thread-sanitized" (TSan), and the
# coverage that guides fuzzers.
include_guard(GLOBAL)

set(EBPFKIT_SANITIZE
    OFF
    CACHE
      STRING
      "Build the host tool, the runtime and the unit tests under ASan and UBSan (ON), or under TSan (thread)"
)
set_property(CACHE EBPFKIT_SANITIZE PROPERTY STRINGS OFF ON thread)
option(EBPFKIT_FUZZ "Build the fuzz targets (needs clang and its libFuzzer)" OFF)
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
  if(EBPFKIT_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Reports of the sanitizers need no more of the debug information than lines.
    target_compile_options(${target} PRIVATE -O1 -gline-tables-only -fsanitize=fuzzer-no-link)
  endif()
endfunction()
