# What the target system means for BPF: kernel architecture, byte order, word size, system headers.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_target_arch(<out>)
#
# Sets <out> to the kernel's name (arch/<name>, and __TARGET_ARCH_<name> of bpf_tracing.h) of the CPU
# that CMAKE_SYSTEM_PROCESSOR names, or to "" when EbpfKit does not know it.
function(_ebpf_target_arch out)
  _ebpf_target_facts()
  get_property(arch GLOBAL PROPERTY _EBPF_TARGET_ARCH)
  set(${out} "${arch}" PARENT_SCOPE)
endfunction()

# _ebpf_target_endian(<out> <arch>)
#
# Sets <out> to little or big. The first of these that knows the byte order decides: the target's compiler
# (when a language is enabled), <arch>, CMAKE_SYSTEM_PROCESSOR. When none knows it, it is little.
function(_ebpf_target_endian out arch)
  set(order "${CMAKE_C_BYTE_ORDER}")
  if(order STREQUAL "")
    set(order "${CMAKE_CXX_BYTE_ORDER}")
  endif()
  if(order STREQUAL "BIG_ENDIAN")
    set(endian big)
  elseif(order STREQUAL "LITTLE_ENDIAN")
    set(endian little)
  else()
    get_property(endian GLOBAL PROPERTY _EBPF_ORDER_${arch})
    if(NOT endian)
      _ebpf_target_facts()
      _ebpf_architecture_order(endian "${arch}")
      if(endian STREQUAL "")
        get_property(endian GLOBAL PROPERTY _EBPF_TARGET_ENDIAN)
      endif()
      if(endian STREQUAL "")
        set(endian little)
      endif()
      set_property(GLOBAL PROPERTY _EBPF_ORDER_${arch} "${endian}")
    endif()
  endif()
  set(${out} "${endian}" PARENT_SCOPE)
endfunction()

# _ebpf_default_mcpu(<out> <arch>): the BPF instruction set that programs for <arch> get by default.
function(_ebpf_default_mcpu out arch)
  set(bits "")
  if(CMAKE_SIZEOF_VOID_P)
    math(EXPR bits "8 * ${CMAKE_SIZEOF_VOID_P}")
  endif()
  get_property(mcpu GLOBAL PROPERTY "_EBPF_MCPU_${arch}_${bits}")
  if(NOT mcpu)
    _ebpf_architecture_mcpu(mcpu "${arch}" "${bits}")
    set_property(GLOBAL PROPERTY "_EBPF_MCPU_${arch}_${bits}" "${mcpu}")
  endif()
  set(${out} "${mcpu}" PARENT_SCOPE)
endfunction()

# _ebpf_target_facts()
#
# Sets the global properties _EBPF_TARGET_ARCH and _EBPF_TARGET_ENDIAN from CMAKE_SYSTEM_PROCESSOR, once
# for a configure run. Both are empty when no architecture has that name.
function(_ebpf_target_facts)
  get_property(known GLOBAL PROPERTY _EBPF_TARGET_PROCESSOR)
  if(NOT known STREQUAL "is ${CMAKE_SYSTEM_PROCESSOR}")
    _ebpf_find_architecture(target "${CMAKE_SYSTEM_PROCESSOR}")
    set_property(GLOBAL PROPERTY _EBPF_TARGET_PROCESSOR "is ${CMAKE_SYSTEM_PROCESSOR}")
    set_property(GLOBAL PROPERTY _EBPF_TARGET_ARCH "${target_KERNEL}")
    set_property(GLOBAL PROPERTY _EBPF_TARGET_ENDIAN "${target_ORDER}")
  endif()
endfunction()

# _ebpf_system_include_directories(<out>)
#
# Sets <out> to the include directories of the TARGET's C library, for sources that include UAPI headers
# (linux/*.h needs the multiarch asm/). They are the directories that the target's compiler searches, without
# its private and its C++ directories, because clang brings its own. When no language is enabled, a native
# build takes the usual directories, and a cross build has none.
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
