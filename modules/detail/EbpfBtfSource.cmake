# Where kernel types come from.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_btf_source(<command> <file-out> <arguments-out> <btf> [OPTIONAL])
#
# Resolves the argument BTF (may be empty) to a file that rules can depend on, and to the arguments by
# which the host tool takes it: the file, its SHA-256, a label, and the kernel release where it is known.
# Where none is given and there is no default, that is fatal, or, with OPTIONAL, both are empty.
function(_ebpf_btf_source command file_out arguments_out btf)
  if(btf STREQUAL "")
    set(btf "${EBPFKIT_BTF}")
  endif()
  set(running_kernel /sys/kernel/btf/vmlinux)
  if(btf STREQUAL "")
    if("OPTIONAL" IN_LIST ARGN AND (CMAKE_CROSSCOMPILING OR NOT EXISTS "${running_kernel}"))
      set(${file_out} "" PARENT_SCOPE)
      set(${arguments_out} "" PARENT_SCOPE)
      return()
    endif()
    if(CMAKE_CROSSCOMPILING)
      message(
        FATAL_ERROR
          "${command}: no BTF is given, and this build is for another system (${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}), whose kernel's types the running kernel does not tell.\n"
          "  Name that kernel's BTF: BTF <file>, or -DEBPFKIT_BTF=<file> (its vmlinux will do).")
    endif()
    if(NOT EXISTS "${running_kernel}")
      message(
        FATAL_ERROR
          "${command}: no BTF is given, and the running kernel has none ('${running_kernel}' is missing).\n"
          "  Name a kernel's BTF: BTF <file>, or -DEBPFKIT_BTF=<file> (a vmlinux will do).")
    endif()
    set(btf "${running_kernel}")
    set(EBPFKIT_BTF "${btf}" CACHE FILEPATH "BTF that kernel types are taken from")
  endif()
  cmake_path(ABSOLUTE_PATH btf BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${btf}" OR IS_DIRECTORY "${btf}")
    message(FATAL_ERROR "${command}: BTF '${btf}': there is no such file.\n"
                        "  Name a raw BTF file or an ELF file with a .BTF section.")
  endif()

  cmake_path(GET btf FILENAME label)
  set(release "")
  if(btf STREQUAL running_kernel)
    # sysfs renews the file's time at will; a copy has one that means something.
    set(release "${CMAKE_HOST_SYSTEM_VERSION}")
    set(label "running kernel")
    set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel.btf")
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/ebpfkit")
    file(COPY_FILE "${btf}" "${copy}" ONLY_IF_DIFFERENT RESULT result)
    if(NOT result STREQUAL "0")
      message(FATAL_ERROR "${command}: cannot copy '${btf}' to '${copy}': ${result}.\n"
                          "  Check that the build directory is writable.")
    endif()
    set(btf "${copy}")
    get_property(told GLOBAL PROPERTY _EBPF_BTF_TOLD)
    if(NOT told)
      message(STATUS "EbpfKit: kernel types come from the running kernel's BTF (${release})")
      set_property(GLOBAL PROPERTY _EBPF_BTF_TOLD TRUE)
    endif()
  endif()

  # Hashed here, once for all headers; a BTF that changes configures again.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${btf}")
  file(SHA256 "${btf}" digest)
  set(arguments --btf "${btf}" --btf-sha256 ${digest} --source-label "${label}")
  if(NOT release STREQUAL "")
    list(APPEND arguments --kernel-release "${release}")
  endif()
  set(${file_out} "${btf}" PARENT_SCOPE)
  set(${arguments_out} "${arguments}" PARENT_SCOPE)
endfunction()
