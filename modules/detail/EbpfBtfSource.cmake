# Where kernel types come from.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_btf_source(<command> <file-out> <base-out> <arguments-out> <btf> <base> [OPTIONAL])
#
# Resolves the arguments BTF and BTF_BASE (may be empty) to files that rules can depend on, and to the
# arguments by which the host tool takes them: the files, BTF's SHA-256 if it is raw BTF (the tool hashes
# what it takes out of other files), a label, and the kernel release where it is known. Where none is
# given and there is no default, that is fatal, or, with OPTIONAL, all are empty. The base is empty where
# BTF needs none; in a native build that of a module of the running kernel is this kernel's BTF.
function(_ebpf_btf_source command file_out base_out arguments_out btf base)
  if(btf STREQUAL "" AND NOT base STREQUAL "")
    message(FATAL_ERROR "${command}: BTF_BASE '${base}' is given without BTF.\n"
                        "  Name the module's BTF too: BTF <file>; or write BTF ${base}.")
  endif()
  if(btf STREQUAL "")
    set(btf "${EBPFKIT_BTF}")
  endif()
  set(running_kernel /sys/kernel/btf/vmlinux)
  if(btf STREQUAL "")
    if("OPTIONAL" IN_LIST ARGN AND (CMAKE_CROSSCOMPILING OR NOT EXISTS "${running_kernel}"))
      set(${file_out} "" PARENT_SCOPE)
      set(${base_out} "" PARENT_SCOPE)
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
  _ebpf_btf_label(label "${btf}")
  _ebpf_find_btf(${command} btf "${btf}")

  set(is_module FALSE)
  if(btf MATCHES "^/sys/kernel/btf/" AND NOT btf STREQUAL running_kernel)
    set(is_module TRUE)
    if(base STREQUAL "" AND NOT CMAKE_CROSSCOMPILING)
      set(base "${running_kernel}")
    endif()
  endif()
  set(base_label "")
  if(NOT base STREQUAL "")
    _ebpf_btf_label(base_label "${base}")
    _ebpf_find_btf(${command} base "${base}" BTF_BASE)
  endif()

  set(release "")
  if(btf STREQUAL running_kernel OR (is_module AND base STREQUAL running_kernel))
    set(release "${CMAKE_HOST_SYSTEM_VERSION}")
    get_property(told GLOBAL PROPERTY _EBPF_BTF_TOLD)
    if(NOT told)
      message(STATUS "EbpfKit: kernel types come from the running kernel's BTF (${release})")
      set_property(GLOBAL PROPERTY _EBPF_BTF_TOLD TRUE)
    endif()
  endif()
  if(btf STREQUAL running_kernel)
    set(label "running kernel")
  endif()
  if(base STREQUAL running_kernel)
    set(base_label "running kernel")
  endif()
  _ebpf_copy_running_btf(${command} btf "${btf}")
  _ebpf_copy_running_btf(${command} base "${base}")

  if(NOT base STREQUAL "")
    string(APPEND label ", on the base ${base_label}")
  endif()
  set(arguments --btf "${btf}" --source-label "${label}")
  if(NOT base STREQUAL "")
    list(APPEND arguments --base-btf "${base}")
    # Rules depend on it; raw or not, a change of it configures again as one of BTF does.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${base}")
  endif()
  file(READ "${btf}" magic LIMIT 2 HEX)
  if(magic MATCHES "^(9feb|eb9f)$")
    # Hashed here, once for all headers; a BTF that changes configures again.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${btf}")
    file(SHA256 "${btf}" digest)
    list(APPEND arguments --btf-sha256 ${digest})
  endif()
  if(NOT release STREQUAL "")
    list(APPEND arguments --kernel-release "${release}")
  endif()
  set(${file_out} "${btf}" PARENT_SCOPE)
  set(${base_out} "${base}" PARENT_SCOPE)
  set(${arguments_out} "${arguments}" PARENT_SCOPE)
endfunction()

# _ebpf_copy_running_btf(<command> <out> <file>)
#
# Sets <out> to a copy of <file> if that is in sysfs, which renews the file's time at will; a copy has one
# that means something. Any other file is left as it is.
function(_ebpf_copy_running_btf command out file)
  if(file MATCHES "^/sys/kernel/btf/([^/]+)$")
    set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel-${CMAKE_MATCH_1}.btf")
    if(CMAKE_MATCH_1 STREQUAL "vmlinux")
      set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel.btf")
    endif()
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/ebpfkit")
    file(COPY_FILE "${file}" "${copy}" ONLY_IF_DIFFERENT RESULT result)
    if(NOT result STREQUAL "0")
      message(FATAL_ERROR "${command}: cannot copy '${file}' to '${copy}': ${result}.\n"
                          "  Check that the build directory is writable.")
    endif()
    set(file "${copy}")
  endif()
  set(${out} "${file}" PARENT_SCOPE)
endfunction()

# _ebpf_btf_sources(<command> <files-out> <arguments-out> <btf>...)
#
# The same for several files that must agree.
function(_ebpf_btf_sources command files_out arguments_out)
  set(files "")
  set(arguments "")
  set(labels "")
  foreach(btf IN LISTS ARGN)
    _ebpf_btf_label(label "${btf}")
    list(APPEND labels "${label}")
    _ebpf_find_btf(${command} file "${btf}")
    list(APPEND files "${file}")
    list(APPEND arguments --btf "${file}")
  endforeach()
  list(JOIN labels ", " label)
  set(${files_out} "${files}" PARENT_SCOPE)
  set(${arguments_out} ${arguments} --source-label "${label}" PARENT_SCOPE)
endfunction()

# _ebpf_btf_label(<out> <btf>): what the header calls <btf>: a path's file name, or a name as it is.
function(_ebpf_btf_label out btf)
  set(label "${btf}")
  if(IS_ABSOLUTE "${btf}" OR EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${btf}")
    cmake_path(GET btf FILENAME label)
  endif()
  set(${out} "${label}" PARENT_SCOPE)
endfunction()

# _ebpf_find_btf(<command> <out> <btf> [<keyword>])
#
# <keyword> is what messages call the argument, default BTF.
# Sets <out> to the file that <btf> means: a path (relative ones start at the current source directory)
# or, where there is no such file, a name in EBPFKIT_BTF_DIR.
function(_ebpf_find_btf command out btf)
  set(keyword BTF)
  if(ARGC GREATER 3)
    set(keyword "${ARGV3}")
  endif()
  cmake_path(ABSOLUTE_PATH btf BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
             OUTPUT_VARIABLE file)
  if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}")
    set(${out} "${file}" PARENT_SCOPE)
    return()
  endif()
  set(is_name FALSE)
  if(btf MATCHES "^[A-Za-z0-9._+~:-]+(/[A-Za-z0-9._+~:-]+)+$" AND NOT btf MATCHES "(^|/)\\.\\.?/")
    set(is_name TRUE)
  endif()
  if(NOT is_name OR "${EBPFKIT_BTF_DIR}" STREQUAL "")
    set(hint "Name a raw BTF file, an ELF file with a .BTF section, or either compressed.")
    if(is_name)
      string(APPEND hint "\n  If it is a name in a BTF archive: -DEBPFKIT_BTF_DIR=<directory>")
    endif()
    message(FATAL_ERROR "${command}: ${keyword} '${file}': there is no such file.\n  ${hint}")
  endif()
  _ebpf_find_btf_by_name(found "${btf}")
  list(LENGTH found count)
  if(count EQUAL 1)
    set(${out} "${found}" PARENT_SCOPE)
    return()
  endif()
  if(count GREATER 1)
    list(TRANSFORM found REPLACE "^.*/" "")
    list(JOIN found ", " names)
    message(
      FATAL_ERROR "${command}: ${keyword} '${btf}' means several files in '${EBPFKIT_BTF_DIR}': "
                  "${names}.\n  Write more of the name.")
  endif()
  _ebpf_nearest_btf_names(nearest "${btf}")
  message(
    FATAL_ERROR
      "${command}: ${keyword} '${btf}' is not in '${EBPFKIT_BTF_DIR}' (EBPFKIT_BTF_DIR).\n"
      "  ${nearest}")
endfunction()

# _ebpf_find_btf_by_name(<out> <name>)
#
# Sets <out> to the files in EBPFKIT_BTF_DIR that <name> (ubuntu/22.04/arm64/5.15.0-25) may mean, as
# `ebpfkit btf` does: the file itself; with .btf behind it, also compressed; else those whose names go
# on (5.15.0-25-generic.btf.tar.xz). The architecture may have any of its names,
# those of src/input/architecture.cpp.
function(_ebpf_find_btf_by_name out name)
  set(spellings "${name}")
  foreach(
    aliases
    "x86_64;amd64;x86" "i386;i486;i586;i686" "arm64;aarch64" "arm;armhf;armv7l;armv7"
    "riscv64;riscv" "s390x;s390" "ppc64le;ppc64el;powerpc64le" "ppc64;powerpc64" "powerpc;ppc"
    "mips64el;mips64le" "mipsel;mipsle" "loongarch64;loong64;loongarch")
    foreach(alias IN LISTS aliases)
      if(name MATCHES "(^|.*/)${alias}(/.*)$")
        set(before "${CMAKE_MATCH_1}")
        set(after "${CMAKE_MATCH_2}")
        foreach(other IN LISTS aliases)
          list(APPEND spellings "${before}${other}${after}")
        endforeach()
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES spellings)

  cmake_path(ABSOLUTE_PATH EBPFKIT_BTF_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE
             OUTPUT_VARIABLE directory)
  set(suffixes "" .btf .btf.xz .btf.zst .btf.gz .btf.tar .btf.tar.xz .btf.tar.zst .btf.tar.gz)
  foreach(spelling IN LISTS spellings)
    foreach(suffix IN LISTS suffixes)
      set(file "${directory}/${spelling}${suffix}")
      if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}")
        set(${out} "${file}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  set(found "")
  foreach(spelling IN LISTS spellings)
    file(GLOB longer LIST_DIRECTORIES FALSE "${directory}/${spelling}[-.+_~]*")
    list(APPEND found ${longer})
  endforeach()
  list(FILTER found INCLUDE REGEX "\\.btf(\\.tar)?(\\.(xz|zst|gz))?$")
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# _ebpf_nearest_btf_names(<out> <name>)
#
# Sets <out> to a sentence with up to five names in EBPFKIT_BTF_DIR that share most of the leading parts
# of <name>.
function(_ebpf_nearest_btf_names out name)
  cmake_path(ABSOLUTE_PATH EBPFKIT_BTF_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE
             OUTPUT_VARIABLE directory)
  set(prefix "${name}")
  while(NOT prefix STREQUAL "")
    cmake_path(GET prefix PARENT_PATH prefix)
    file(
      GLOB_RECURSE names
      LIST_DIRECTORIES FALSE
      RELATIVE "${directory}"
      "${directory}/${prefix}/*")
    list(FILTER names INCLUDE REGEX "\\.btf(\\.tar)?(\\.(xz|zst|gz))?$")
    if(names)
      list(TRANSFORM names REPLACE "\\.btf(\\.tar)?(\\.(xz|zst|gz))?$" "")
      list(SORT names COMPARE NATURAL)
      list(SUBLIST names 0 5 names)
      list(JOIN names ", " names)
      set(${out} "Nearest are: ${names}." PARENT_SCOPE)
      return()
    endif()
  endwhile()
  set(${out} "That directory has no BTF: fill it with ebpfkit btf fetch, or BTFHub's archive."
      PARENT_SCOPE)
endfunction()
