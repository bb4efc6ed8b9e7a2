# What the target system means for BPF: kernel architecture, byte order, word size, system headers.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_target_arch(<out>)
#
# Sets <out> to the kernel's name (arch/<name>, and __TARGET_ARCH_<name> of bpf_tracing.h) of the CPU
# that CMAKE_SYSTEM_PROCESSOR names, or to "" when EbpfKit does not know it.
function(_ebpf_target_arch out)
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
  set(arch "")
  if(processor MATCHES "^(x86_64|amd64|i[3-6]86)$")
    set(arch x86)
  elseif(processor MATCHES "^(aarch64|arm64)")
    set(arch arm64)
  elseif(processor MATCHES "^arm")
    set(arch arm)
  elseif(processor MATCHES "^riscv")
    set(arch riscv)
  elseif(processor MATCHES "^mips")
    set(arch mips)
  elseif(processor MATCHES "^(powerpc|ppc)")
    set(arch powerpc)
  elseif(processor MATCHES "^s390")
    set(arch s390)
  elseif(processor MATCHES "^loongarch")
    set(arch loongarch)
  endif()
  set(${out} "${arch}" PARENT_SCOPE)
endfunction()

# _ebpf_target_endian(<out> <arch>)
#
# Sets <out> to little or big: what the target's compiler says when a language is enabled, else what
# <arch> and CMAKE_SYSTEM_PROCESSOR imply.
function(_ebpf_target_endian out arch)
  set(endian little)
  set(order "${CMAKE_C_BYTE_ORDER}")
  if(order STREQUAL "")
    set(order "${CMAKE_CXX_BYTE_ORDER}")
  endif()
  if(order STREQUAL "BIG_ENDIAN")
    set(endian big)
  elseif(order STREQUAL "")
    string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
    if(arch STREQUAL "s390" OR processor MATCHES
                               "^(mips|mips64|powerpc|ppc|ppc64|powerpc64|aarch64_be|armeb)$")
      set(endian big)
    endif()
  endif()
  set(${out} "${endian}" PARENT_SCOPE)
endfunction()

# _ebpf_default_mcpu(<out> <arch>)
#
# v3 (32-bit ALU and jumps, Linux 5.1) everywhere but on 32-bit CPUs, whose JITs long lacked parts of
# it and where v2 (Linux 4.14) costs nothing.
function(_ebpf_default_mcpu out arch)
  set(mcpu v3)
  if(arch MATCHES "^(arm|mips)$" OR CMAKE_SIZEOF_VOID_P EQUAL 4)
    set(mcpu v2)
  endif()
  set(${out} "${mcpu}" PARENT_SCOPE)
endfunction()

# _ebpf_system_include_directories(<out>)
#
# The C library's directories of the TARGET, for sources that include UAPI headers (linux/*.h needs
# the multiarch asm/). Taken from what the target's compiler searches; compiler-private and C++
# directories are left out, since clang brings its own. Without an enabled language only a native
# build falls back to the usual directories.
function(_ebpf_system_include_directories out)
  set(directories ${CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES})
  if(NOT directories)
    set(directories ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  endif()
  list(FILTER directories EXCLUDE REGEX
       "/lib(32|64)?/(gcc|clang)/.*/include(-fixed)?$|/include/c\\+\\+(/|$)")
  if(NOT directories AND NOT CMAKE_CROSSCOMPILING)
    file(GLOB multiarch "/usr/include/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-*")
    set(directories ${multiarch} /usr/include)
  endif()
  set(${out} "${directories}" PARENT_SCOPE)
endfunction()
