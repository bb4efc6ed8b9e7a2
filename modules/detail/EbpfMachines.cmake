# What ebpf_add_load_test and ebpf_add_vm_test share: kernels, the words for `ebpfkit`, and how CTest gets the tests.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/EbpfKernelMatrix.cmake")

# The kernels that tests run on when their KERNELS is not given: old and current stable ones, one without BTF, and
# one for arm64.
set_property(
  GLOBAL PROPERTY _EBPF_DEFAULT_KERNELS debian/5.10/amd64 debian/6.1/amd64 debian/6.12/amd64
                  debian/7.0/amd64 debian/6.1/amd64:no-btf debian/6.12/arm64)

# _ebpf_take_groups(<groups-out> <rest-out> <keyword> <argument>...)
#
# Takes all groups of values behind <keyword>, which may be given several times, out of the arguments. A group ends
# before the next keyword. Sets <groups-out> to a list of them, with tabs between the values of one group, and
# <rest-out> to the other arguments.
function(_ebpf_take_groups groups_out rest_out keyword)
  set(groups "")
  set(rest "")
  set(group "")
  set(in_group FALSE)
  foreach(word IN LISTS ARGN)
    if(word STREQUAL keyword OR (in_group AND word MATCHES "^[A-Z][A-Z_]+$"))
      if(in_group)
        list(APPEND groups "${group}")
      endif()
      set(group "")
      set(in_group FALSE)
      if(word STREQUAL keyword)
        set(in_group TRUE)
        continue()
      endif()
    endif()
    if(in_group AND group STREQUAL "")
      set(group "${word}")
    elseif(in_group)
      string(APPEND group "\t${word}")
    else()
      list(APPEND rest "${word}")
    endif()
  endforeach()
  if(in_group)
    list(APPEND groups "${group}")
  endif()
  set(${groups_out} "${groups}" PARENT_SCOPE)
  set(${rest_out} "${rest}" PARENT_SCOPE)
endfunction()

# _ebpf_check_numbers(<command> <keyword>...): fatal when arg_<keyword> is given and is no positive number.
function(_ebpf_check_numbers command)
  foreach(keyword IN LISTS ARGN)
    if(DEFINED arg_${keyword} AND NOT arg_${keyword} MATCHES "^[1-9][0-9]*$")
      _ebpf_usage_error("${command}: ${keyword} '${arg_${keyword}}' is no positive number.")
    endif()
  endforeach()
endfunction()

# _ebpf_machine_cpu(<out> <command> <arch>)
#
# Sets <out> to the name of a machine's CPU, for the kernel's name of an architecture: x86_64 for x86. Fatal for a
# CPU whose machines cannot be booted.
function(_ebpf_machine_cpu out command arch)
  if(arch STREQUAL "x86")
    set(${out} x86_64 PARENT_SCOPE)
  elseif(arch STREQUAL "arm64")
    set(${out} arm64 PARENT_SCOPE)
  else()
    message(FATAL_ERROR "${command}: no virtual machine for the CPU '${arch}'.\n"
                        "  Kernels of x86 and arm64 can be booted: ARCH x86 or ARCH arm64.")
  endif()
endfunction()

# _ebpf_test_kernels(<out> <command> <cpu> [<kernel>...])
#
# Sets <out> to the kernels of a test, with absolute paths of files. Without kernels, takes those of EBPFKIT_KERNELS
# (default: _EBPF_DEFAULT_KERNELS) that have the CPU. Notes them for ebpf/kernels.json. Fatal when there is none, or one is for another CPU.
function(_ebpf_test_kernels out command cpu)
  set(debian_cpu ${cpu})
  if(cpu STREQUAL "x86_64")
    set(debian_cpu amd64)
  endif()
  set(given "${ARGN}")
  set(is_default FALSE)
  if(given STREQUAL "")
    set(is_default TRUE)
    set(given "${EBPFKIT_KERNELS}")
    if(given STREQUAL "")
      get_property(given GLOBAL PROPERTY _EBPF_DEFAULT_KERNELS)
    endif()
  endif()
  set(kernels "")
  foreach(kernel IN LISTS given)
    cmake_path(ABSOLUTE_PATH kernel BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE path)
    string(REGEX REPLACE ":no-btf$" "" file "${path}")
    if(EXISTS "${file}")
      list(APPEND kernels "${path}")
    elseif(kernel STREQUAL "host")
      list(APPEND kernels host)
    elseif(kernel MATCHES "^[A-Za-z0-9._+-]+/[A-Za-z0-9._+-]+/([A-Za-z0-9._+-]+)(:no-btf)?$")
      string(REGEX REPLACE "^(x86_64|x86)$" "amd64" kernel_cpu "${CMAKE_MATCH_1}")
      string(REGEX REPLACE "^aarch64$" "arm64" kernel_cpu "${kernel_cpu}")
      if(kernel_cpu STREQUAL debian_cpu)
        list(APPEND kernels "${kernel}")
      elseif(NOT is_default)
        message(
          FATAL_ERROR
            "${command}: KERNELS '${kernel}' is for ${kernel_cpu}, and what is tested is for ${debian_cpu}.\n"
            "  Leave it out, or build for it.")
      endif()
    else()
      message(
        FATAL_ERROR
          "${command}: KERNELS '${kernel}': there is no such file, and it is no name of a kernel.\n"
          "  Write host, the path of a kernel image or of its build tree, or a name such as debian/6.1/amd64."
      )
    endif()
  endforeach()
  if(kernels STREQUAL "")
    message(
      FATAL_ERROR "${command}: no kernel for ${debian_cpu} among EBPFKIT_KERNELS (${given}).\n"
                  "  Name kernels: KERNELS debian/6.1/${debian_cpu}")
  endif()
  list(REMOVE_DUPLICATES kernels)
  _ebpf_note_kernels(${kernels})
  set(${out} "${kernels}" PARENT_SCOPE)
endfunction()

# _ebpf_machine_words(<words-out> <command> <cpu>)
#
# Sets <words-out> to the arguments of `ebpfkit` about machines, from arg_MEMORY, arg_TIMEOUT, arg_CPUS and
# arg_KERNEL_ARGUMENTS. Tests with machines need the fixture ebpfkit.guest.<cpu>.
function(_ebpf_machine_words words_out command cpu)
  _ebpf_guest(guest ${command} ${cpu})
  _ebpf_cache_directory(cache)
  set(words --cache "${cache}" "--guest=${cpu}=${guest}" --die-with-parent)
  if(NOT DEFINED EBPFKIT_FETCH_KERNELS OR EBPFKIT_FETCH_KERNELS)
    list(APPEND words --fetch)
  endif()
  if(EBPFKIT_QEMU)
    list(APPEND words --qemu "${EBPFKIT_QEMU}")
  endif()
  foreach(pair MEMORY:--memory TIMEOUT:--timeout CPUS:--cpus)
    string(REGEX MATCH "^([A-Z]+):(.*)$" unused "${pair}")
    if(DEFINED arg_${CMAKE_MATCH_1})
      list(APPEND words ${CMAKE_MATCH_2} ${arg_${CMAKE_MATCH_1}})
    endif()
  endforeach()
  if(DEFINED arg_KERNEL_ARGUMENTS)
    list(JOIN arg_KERNEL_ARGUMENTS " " kernel_arguments)
    list(APPEND words "--append=${kernel_arguments}")
  endif()
  set(${words_out} "${words}" PARENT_SCOPE)
endfunction()

# _ebpf_ctest_timeout(<out> <seconds>)
#
# Sets <out> to the seconds that CTest gives a test whose machine may run <seconds> (empty: 60): an emulated machine
# runs four times as long, and five times that on a busy computer (src/machine/virtual_machine.cpp). It may boot three
# times, and the kernel may have to be fetched first.
function(_ebpf_ctest_timeout out seconds)
  if(seconds STREQUAL "")
    set(seconds 60)
  endif()
  math(EXPR timeout "${seconds} * 60 + 600")
  set(${out} ${timeout} PARENT_SCOPE)
endfunction()

# _ebpf_include_tests(<name> <script>)
#
# Makes CTest read <script>, which building the target <name> writes. Before that, CTest sees one test that fails and
# says so. <script> may contain $<CONFIG>.
function(_ebpf_include_tests name script)
  string(REPLACE "$<CONFIG>" "\${CTEST_CONFIGURATION_TYPE}" script "${script}")
  set(include_file "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}.include.cmake")
  file(
    CONFIGURE
    OUTPUT
    "${include_file}"
    CONTENT
    [=[
if(EXISTS "@script@")
  include("@script@")
else()
  add_test("@name@.not_built" "@CMAKE_COMMAND@" -E echo "The target @name@ is not built: cmake --build <build> --target @name@")
  set_tests_properties("@name@.not_built" PROPERTIES WILL_FAIL TRUE LABELS "ebpf")
endif()
]=]
    @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
endfunction()
