# ASan and UBSan for EbpfKit's own C++ (preset "sanitized").
include_guard(GLOBAL)

option(EBPFKIT_SANITIZE "Build the host tool and the unit tests under ASan and UBSan" OFF)

function(ebpfkit_enable_sanitizers target)
  if(EBPFKIT_SANITIZE)
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PUBLIC ${flags})
  endif()
endfunction()
