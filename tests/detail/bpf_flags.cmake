include_guard(GLOBAL)

# ebpfkit_bpf_flags(<out>)
#
# Sets <out> to the flags that ebpf_add_program gives to clang for BPF programs of this machine. Tests use
# them when they run the host tool themselves. Also sets EBPFKIT_CLANG and EBPFKIT_BPFTOOL in the cache, and
# endian in the caller's scope.
function(ebpfkit_bpf_flags out)
  _ebpf_require_clang(tests)
  _ebpf_require_bpftool(tests)
  _ebpf_require_libbpf(tests)
  _ebpf_target_arch(arch)
  _ebpf_target_endian(endian "${arch}")
  _ebpf_default_mcpu(mcpu "${arch}")
  _ebpf_system_include_directories(system_directories)
  list(TRANSFORM system_directories PREPEND -idirafter)
  set(triple bpfel)
  if(endian STREQUAL "big")
    set(triple bpfeb)
  endif()
  set(${out}
      --target=${triple} -mcpu=${mcpu} -O2 -g -Wall -D__TARGET_ARCH_${arch} -fno-stack-protector
      -fno-ident -nostdlibinc "-isystem${libbpf_program_headers}" ${system_directories}
      PARENT_SCOPE)
  set(endian "${endian}" PARENT_SCOPE)
endfunction()
