# Where kernel types come from.
#
# A word for BTF is a file or a name in the BTF cache (ubuntu/22.04/arm64/5.15.0-25). CMake knows files
# only. The host tool looks names up when it runs, so that there is one look-up, and tells the build in a
# depfile which file a name stood for.
#
# One configure run resolves a word once, whatever the number of programs. A digest of BTF stays in the cache
# together with the size and the time of the file, so the next configure run reads a file only when one of
# these changed.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_btf_source(<command> <word-out> <base-out> <arguments-out> <files-out> <btf> <base> [OPTIONAL])
#
# Resolves the arguments BTF and BTF_BASE (may be empty):
# <word-out>, <base-out>: absolute paths of files, or names in the BTF cache. The base is empty where BTF
#   needs none; in a native build the base of a module of the running kernel is this kernel's BTF.
# <arguments-out>: the arguments of the host tool for them: the words, a label, and, where CMake knows them,
#   BTF's SHA-256 and the kernel release. CMake hashes raw BTF only. The tool hashes what it takes out of
#   other files.
# <files-out>: the files among the words. Rules depend on them.
# Without BTF and without a default this is fatal. With OPTIONAL, all are empty instead.
function(_ebpf_btf_source command word_out base_out arguments_out files_out btf base)
  if(btf STREQUAL "" AND NOT base STREQUAL "")
    message(FATAL_ERROR "${command}: BTF_BASE '${base}' is given without BTF.\n"
                        "  Name the module's BTF too: BTF <file>; or write BTF ${base}.")
  endif()
  if(btf STREQUAL "")
    _ebpf_default_btf(${command} btf ${ARGN})
  endif()
  set(label "")
  set(base_label "")
  if(NOT btf STREQUAL "")
    _ebpf_btf_word(${command} BTF btf label "${btf}")
  endif()
  if(NOT base STREQUAL "")
    _ebpf_btf_word(${command} BTF_BASE base base_label "${base}")
  endif()

  set(key "${btf}|${label}|${base}|${base_label}|${EBPFKIT_BTF_DIR}")
  get_property(resolved GLOBAL PROPERTY "_EBPF_BTF_WORDS_OF_${key}" SET)
  if(NOT resolved)
    _ebpf_resolve_btf(${command} "${key}")
  endif()
  get_property(arguments GLOBAL PROPERTY "_EBPF_BTF_OF_${key}")
  get_property(files GLOBAL PROPERTY "_EBPF_BTF_FILES_OF_${key}")
  get_property(words GLOBAL PROPERTY "_EBPF_BTF_WORDS_OF_${key}")
  set(base "")
  list(POP_FRONT words btf base)
  set(${word_out} "${btf}" PARENT_SCOPE)
  set(${base_out} "${base}" PARENT_SCOPE)
  set(${arguments_out} "${arguments}" PARENT_SCOPE)
  set(${files_out} "${files}" PARENT_SCOPE)
endfunction()

# _ebpf_default_btf(<command> <out> [OPTIONAL])
#
# Sets <out> to the default of BTF: EBPFKIT_BTF or, in a native build, the running kernel's BTF. The latter
# then becomes EBPFKIT_BTF.
function(_ebpf_default_btf command out)
  set(btf "${EBPFKIT_BTF}")
  set(running_kernel /sys/kernel/btf/vmlinux)
  if(btf STREQUAL "" AND NOT CMAKE_CROSSCOMPILING AND EXISTS "${running_kernel}")
    set(btf "${running_kernel}")
    set(EBPFKIT_BTF "${btf}"
        CACHE STRING "BTF that kernel types are taken from: a file or a name in the cache")
  endif()
  if(btf STREQUAL "" AND NOT "OPTIONAL" IN_LIST ARGN)
    if(CMAKE_CROSSCOMPILING)
      message(
        FATAL_ERROR
          "${command}: no BTF is given, and this build is for another system (${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}). The running kernel cannot tell the types of that system's kernel.\n"
          "  Name the BTF of that kernel: BTF <file>, or -DEBPFKIT_BTF=<file> (its vmlinux will do)."
      )
    endif()
    message(
      FATAL_ERROR
        "${command}: no BTF is given, and the running kernel has none ('${running_kernel}' is missing).\n"
        "  Name a kernel's BTF: BTF <file>, or -DEBPFKIT_BTF=<file> (a vmlinux will do).")
  endif()
  set(${out} "${btf}" PARENT_SCOPE)
endfunction()

# _ebpf_btf_word(<command> <keyword> <word-out> <label-out> <word>)
#
# Sets <word-out> to the absolute path that <word> means (relative ones start at the current source
# directory). If there is no such file and <word> can be a name in the BTF cache, <word-out> is <word>.
# <label-out> is what a header calls it: the file name of a path, or the name in the cache.
function(_ebpf_btf_word command keyword word_out label_out word)
  cmake_path(ABSOLUTE_PATH word BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
             OUTPUT_VARIABLE file)
  _ebpf_refuse_running_btf(${command} ${keyword} "${file}")
  if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}")
    cmake_path(GET file FILENAME label)
    set(${label_out} "${label}" PARENT_SCOPE)
    set(${word_out} "${file}" PARENT_SCOPE)
    return()
  endif()
  # The tool decides what a name is (src/input/btf_cache.hpp). A name without a slash is most likely a
  # file that is missing, so it is refused here.
  if(NOT word MATCHES "^[A-Za-z0-9_+~-][A-Za-z0-9._+~:-]*(/[A-Za-z0-9._+~:-]+)+$")
    _ebpf_nearest_file_hint(nearest "${file}")
    message(
      FATAL_ERROR
        "${command}: ${keyword} '${file}': there is no such file.${nearest}\n"
        "  Name a raw BTF file, an ELF file with a .BTF section, either compressed, or a name in the BTF cache, such as ubuntu/22.04/arm64/5.15.0-25."
    )
  endif()
  set(${label_out} "${word}" PARENT_SCOPE)
  set(${word_out} "${word}" PARENT_SCOPE)
endfunction()

# _ebpf_refuse_running_btf(<command> <keyword> <file>)
#
# Fatal in a build for another system when <file>, an absolute path, is BTF of the kernel that runs here. A
# router of the same CPU has another kernel, so the architecture in the BTF does not tell the mistake.
function(_ebpf_refuse_running_btf command keyword file)
  if(CMAKE_CROSSCOMPILING AND file MATCHES "^/sys/kernel/btf(/|$)")
    set(remedy "${keyword} <file>")
    if(keyword STREQUAL "BTF")
      string(APPEND remedy ", or -DEBPFKIT_BTF=<file>")
    endif()
    message(
      FATAL_ERROR
        "${command}: ${keyword} '${file}' is of the kernel that runs on this machine, and this build is for another system (${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}).\n"
        "  Name the BTF of that system's kernel: ${remedy} (its vmlinux will do). If both run the same kernel, name a copy of '${file}'."
    )
  endif()
endfunction()

# _ebpf_resolve_btf(<command> <key>)
#
# Does the work of _ebpf_btf_source that is the same for every caller, and keeps the result in global
# properties. Reads btf, label, base and base_label.
function(_ebpf_resolve_btf command key)
  set(running_kernel /sys/kernel/btf/vmlinux)
  set(is_module FALSE)
  if(btf MATCHES "^/sys/kernel/btf/" AND NOT btf STREQUAL running_kernel)
    set(is_module TRUE)
    if(base STREQUAL "" AND NOT CMAKE_CROSSCOMPILING)
      _ebpf_btf_word(${command} BTF_BASE base base_label "${running_kernel}")
    endif()
  endif()
  set(release "")
  if(btf STREQUAL running_kernel OR (is_module AND base STREQUAL running_kernel))
    set(release "${CMAKE_HOST_SYSTEM_VERSION}")
    message(STATUS "EbpfKit: kernel types come from the running kernel's BTF (${release})")
  endif()
  if(btf STREQUAL running_kernel)
    set(label "running kernel")
  endif()
  if(base STREQUAL running_kernel)
    set(base_label "running kernel")
  endif()
  _ebpf_copy_running_btf(${command} btf "${btf}")
  _ebpf_copy_running_btf(${command} base "${base}")

  set(arguments "")
  if(NOT btf STREQUAL "")
    if(NOT base STREQUAL "")
      string(APPEND label ", on the base ${base_label}")
    endif()
    set(arguments --btf "${btf}" --source-label "${label}")
    if(NOT base STREQUAL "")
      list(APPEND arguments --base-btf "${base}")
    endif()
    _ebpf_btf_digest(digest "${btf}")
    if(NOT digest STREQUAL "")
      list(APPEND arguments --btf-sha256 ${digest})
    endif()
    if(NOT release STREQUAL "")
      list(APPEND arguments --kernel-release "${release}")
    endif()
  endif()
  _ebpf_btf_words(files cache ${btf} ${base})
  set_property(GLOBAL PROPERTY "_EBPF_BTF_OF_${key}" ${arguments} ${cache})
  set_property(GLOBAL PROPERTY "_EBPF_BTF_FILES_OF_${key}" ${files})
  set_property(GLOBAL PROPERTY "_EBPF_BTF_WORDS_OF_${key}" "${btf};${base}")
endfunction()

# _ebpf_btf_words(<files-out> <cache-out> <word>...)
#
# Sets <files-out> to the files among the words, and <cache-out> to the argument that tells the host tool
# where to look names up, if there are names among them.
function(_ebpf_btf_words files_out cache_out)
  set(files "${ARGN}")
  list(FILTER files INCLUDE REGEX "^/")
  set(cache "")
  if(NOT "${files}" STREQUAL "${ARGN}" AND NOT "${EBPFKIT_BTF_DIR}" STREQUAL "")
    cmake_path(ABSOLUTE_PATH EBPFKIT_BTF_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE directory)
    set(cache --btf-cache "${directory}")
  endif()
  set(${files_out} "${files}" PARENT_SCOPE)
  set(${cache_out} "${cache}" PARENT_SCOPE)
endfunction()

# _ebpf_btf_sources(<command> <files-out> <arguments-out> <btf>...)
#
# Does for several BTFs, which must agree, what _ebpf_btf_source does for one.
function(_ebpf_btf_sources command files_out arguments_out)
  set(words "")
  set(arguments "")
  set(labels "")
  foreach(btf IN LISTS ARGN)
    _ebpf_btf_word(${command} BTFS word label "${btf}")
    list(APPEND words "${word}")
    list(APPEND labels "${label}")
    list(APPEND arguments --btf "${word}")
  endforeach()
  list(JOIN labels ", " label)
  _ebpf_btf_words(files cache ${words})
  set(${files_out} "${files}" PARENT_SCOPE)
  set(${arguments_out} ${arguments} --source-label "${label}" ${cache} PARENT_SCOPE)
endfunction()

# _ebpf_copy_running_btf(<command> <out> <file>)
#
# If <file> is in sysfs, sets <out> to a copy of it, so that a reboot or a new mount does not change the
# build. Leaves any other word as it is. Compares the copy with sysfs again when the kernel changes, or the
# size or time of the file in sysfs. The time may change alone, because the kernel sets it when it makes the
# inode. /sys/kernel/notes has the kernel's build ID. The BTF of a module is small, and no build ID stands for
# it: compares it each time. A file beside the copy says what sysfs was like. It does not exist while the
# copy may be incomplete.
function(_ebpf_copy_running_btf command out file)
  if(NOT file MATCHES "^/sys/kernel/btf/([^/]+)$")
    set(${out} "${file}" PARENT_SCOPE)
    return()
  endif()
  set(name "${CMAKE_MATCH_1}")
  set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel-${name}.btf")
  set(state "")
  if(name STREQUAL "vmlinux")
    set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel.btf")
    if(EXISTS /sys/kernel/notes)
      file(READ /sys/kernel/notes notes HEX)
      file(SIZE "${file}" size)
      file(TIMESTAMP "${file}" time "%s" UTC)
      set(state "${size} ${time} ${CMAKE_HOST_SYSTEM_VERSION} ${notes}")
    endif()
  endif()
  set(known_state "")
  if(EXISTS "${copy}" AND EXISTS "${copy}.state")
    file(READ "${copy}.state" known_state)
  endif()
  if(state STREQUAL "" OR NOT known_state STREQUAL state)
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/ebpfkit")
    file(REMOVE "${copy}.state")
    file(COPY_FILE "${file}" "${copy}" ONLY_IF_DIFFERENT RESULT result)
    if(NOT result STREQUAL "0")
      message(FATAL_ERROR "${command}: cannot copy '${file}' to '${copy}': ${result}.\n"
                          "  Check that the build directory is writable.")
    endif()
    file(WRITE "${copy}.state" "${state}")
  endif()
  set(${out} "${copy}" PARENT_SCOPE)
endfunction()

# _ebpf_btf_digest(<out> <word>)
#
# Sets <out> to the SHA-256 of a file of raw BTF, and to "" for anything else. CMake configures again when the
# file changes. A configure run looks at each file once, however many programs use it.
function(_ebpf_btf_digest out word)
  string(MD5 property "${word}")
  set(property _EBPF_DIGEST_${property})
  get_property(is_known GLOBAL PROPERTY ${property} SET)
  if(NOT is_known)
    _ebpf_find_btf_digest(digest "${word}")
    set_property(GLOBAL PROPERTY ${property} "${digest}")
  endif()
  get_property(digest GLOBAL PROPERTY ${property})
  if(NOT digest STREQUAL "")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${word}")
  endif()
  set(${out} "${digest}" PARENT_SCOPE)
endfunction()

# _ebpf_find_btf_digest(<out> <word>)
#
# Does the work of _ebpf_btf_digest. The cache keeps the answer until the file changes (_ebpf_file_state).
# EbpfKit's own copies change only when CMake copies them again, which _ebpf_copy_running_btf records.
#
# A file whose time is in the future gets no SHA-256, because CMake would have to configure again in each build,
# and Ninja gives up after a hundred times. Then the host tool computes the SHA-256.
function(_ebpf_find_btf_digest out word)
  set(${out} "" PARENT_SCOPE)
  if(NOT word MATCHES "^/")
    return()
  endif()
  file(TIMESTAMP "${word}" time "%s" UTC)
  string(TIMESTAMP now "%s" UTC)
  if(time GREATER now)
    message(
      WARNING
        "EbpfKit: the time of '${word}' is in the future, so each build reads the file again.\n"
        "  Give it the time of now: touch '${word}'.")
    return()
  endif()
  string(MD5 variable "${word}")
  set(variable _EBPFKIT_DIGEST_${variable})
  if(EXISTS "${word}.state" AND word MATCHES "/ebpfkit/running-kernel[^/]*[.]btf$")
    file(READ "${word}.state" state)
  else()
    _ebpf_file_state(state "${word}")
  endif()
  set(known_state "")
  if("${${variable}}" MATCHES "^(.*)=([0-9a-f]*)$")
    set(known_state "${CMAKE_MATCH_1}")
    set(digest "${CMAKE_MATCH_2}")
  endif()
  if(state STREQUAL "" OR NOT known_state STREQUAL state)
    set(digest "")
    file(READ "${word}" magic LIMIT 2 HEX)
    if(magic MATCHES "^(9feb|eb9f)$")
      file(SHA256 "${word}" digest)
    endif()
    set(${variable} "${state}=${digest}" CACHE INTERNAL "state and SHA-256 of '${word}'")
  endif()
  set(${out} "${digest}" PARENT_SCOPE)
endfunction()

# _ebpf_kernels_of_hooks(<out> <argument of the host tool>...)
#
# Sets <out> to those of the arguments that _ebpf_btf_source and _ebpf_btf_sources return by which the tool
# finds the BTF. The linker looks hooks up there (src/object/hook_names.hpp).
function(_ebpf_kernels_of_hooks out)
  set(kept "")
  set(arguments ${ARGN})
  while(arguments)
    list(POP_FRONT arguments keyword value)
    if(keyword MATCHES "^--(btf|base-btf|btf-cache)$")
      list(APPEND kept ${keyword} "${value}")
    endif()
  endwhile()
  set(${out} "${kept}" PARENT_SCOPE)
endfunction()
