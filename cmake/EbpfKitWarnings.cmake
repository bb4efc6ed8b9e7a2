# Warnings for EbpfKit's own C++.
function(ebpfkit_enable_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  # In one large source, a local name may be that of another file's function.
  target_compile_options(${target}
                         PRIVATE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>)
endfunction()
