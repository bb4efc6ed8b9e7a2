# Reads the list of CPU architectures, modules/detail/architectures.inc, which explains its columns.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_read_architectures()
#
# Reads the file into global properties, the first time that it is called:
# _EBPF_ARCHITECTURES: the names of the rows, in the order of the file.
# _EBPF_KERNEL_ARCHITECTURES: the kernel's names, each once.
# _EBPF_ARCHITECTURE_<name>: a list of the columns (kernel, name, bits, order, machine, mcpu), then the
# other spellings.
function(_ebpf_read_architectures)
  get_property(names GLOBAL PROPERTY _EBPF_ARCHITECTURES)
  if(names)
    return()
  endif()
  file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/architectures.inc" lines
       REGEX "^EBPFKIT_ARCHITECTURE")
  set(kernels "")
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "[A-Za-z0-9_*-]+" row "${line}")
    list(POP_FRONT row)
    list(GET row 0 kernel)
    list(GET row 1 name)
    list(APPEND kernels "${kernel}")
    list(APPEND names "${name}")
    set_property(GLOBAL PROPERTY _EBPF_ARCHITECTURE_${name} "${row}")
  endforeach()
  list(REMOVE_DUPLICATES kernels)
  set_property(GLOBAL PROPERTY _EBPF_KERNEL_ARCHITECTURES "${kernels}")
  set_property(GLOBAL PROPERTY _EBPF_ARCHITECTURES "${names}")
endfunction()

# _ebpf_kernel_architectures(<out>)
#
# Sets <out> to the kernel's names of all architectures (x86, arm64...): the choices for ARCH.
function(_ebpf_kernel_architectures out)
  _ebpf_read_architectures()
  get_property(kernels GLOBAL PROPERTY _EBPF_KERNEL_ARCHITECTURES)
  set(${out} "${kernels}" PARENT_SCOPE)
endfunction()

# _ebpf_find_architecture(<prefix> <name>)
#
# Looks up the architecture that `uname -m`, a distribution or CMAKE_SYSTEM_PROCESSOR calls <name>, in
# upper or lower case. Sets <prefix>_KERNEL, <prefix>_NAME, <prefix>_BITS, <prefix>_ORDER (little or big)
# and <prefix>_MCPU; all are empty when no architecture has this name.
function(_ebpf_find_architecture prefix name)
  _ebpf_read_architectures()
  get_property(names GLOBAL PROPERTY _EBPF_ARCHITECTURES)
  string(TOLOWER "${name}" name)
  set(found "")
  set(longest 0)
  foreach(candidate IN LISTS names)
    get_property(row GLOBAL PROPERTY _EBPF_ARCHITECTURE_${candidate})
    list(SUBLIST row 6 -1 spellings)
    if(name STREQUAL candidate OR name IN_LIST spellings)
      set(found "${row}")
      break()
    endif()
    foreach(spelling IN LISTS spellings)
      string(REGEX MATCH "^(.+)\\*$" is_family "${spelling}")
      string(FIND "${name}" "${CMAKE_MATCH_1}" position)
      string(LENGTH "${spelling}" length)
      if(is_family AND position EQUAL 0 AND length GREATER longest)
        set(found "${row}")
        set(longest ${length})
      endif()
    endforeach()
  endforeach()
  set(columns KERNEL NAME BITS ORDER MACHINE MCPU)
  foreach(column IN LISTS columns)
    set(${prefix}_${column} "" PARENT_SCOPE)
  endforeach()
  if(NOT found STREQUAL "")
    list(SUBLIST found 0 6 found)
    foreach(column value IN ZIP_LISTS columns found)
      set(${prefix}_${column} "${value}" PARENT_SCOPE)
    endforeach()
  endif()
endfunction()

# _ebpf_architecture_mcpu(<out> <kernel> <bits>)
#
# Sets <out> to the BPF instruction set (v2 or v3) that programs for the kernel's architecture <kernel>
# get by default. <bits> is the size of a pointer. When the caller does not know it, <bits> is empty, and the
# most common size counts.
function(_ebpf_architecture_mcpu out kernel bits)
  _ebpf_read_architectures()
  get_property(names GLOBAL PROPERTY _EBPF_ARCHITECTURES)
  set(mcpu "")
  foreach(name IN LISTS names)
    get_property(row GLOBAL PROPERTY _EBPF_ARCHITECTURE_${name})
    list(GET row 0 row_kernel)
    list(GET row 2 row_bits)
    list(GET row 5 row_mcpu)
    if(row_kernel STREQUAL kernel AND (mcpu STREQUAL "" OR row_bits STREQUAL bits))
      set(mcpu "${row_mcpu}")
    endif()
  endforeach()
  set(${out} "${mcpu}" PARENT_SCOPE)
endfunction()

# _ebpf_architecture_order(<out> <kernel>)
#
# Sets <out> to the byte order (little or big) that all CPUs of the kernel's architecture <kernel> have, or
# to "" when they differ.
function(_ebpf_architecture_order out kernel)
  _ebpf_read_architectures()
  get_property(names GLOBAL PROPERTY _EBPF_ARCHITECTURES)
  set(orders "")
  foreach(name IN LISTS names)
    get_property(row GLOBAL PROPERTY _EBPF_ARCHITECTURE_${name})
    list(GET row 0 row_kernel)
    list(GET row 3 row_order)
    if(row_kernel STREQUAL kernel)
      list(APPEND orders ${row_order})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES orders)
  list(LENGTH orders count)
  if(NOT count EQUAL 1)
    set(orders "")
  endif()
  set(${out} "${orders}" PARENT_SCOPE)
endfunction()
