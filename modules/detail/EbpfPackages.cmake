# Error messages name the packages that have what is missing. packages.txt knows the names.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_install_hint(<out> <key>...)
#
# Sets <out> to the lines of an error message that say how to install what the keys stand for. The keys
# are in the first column of packages.txt. Each line begins with two spaces; the last has no line break:
#     Debian, Ubuntu: apt install libbpf-dev
#     Fedora: dnf install libbpf-devel
# Debian and Ubuntu have a line each when the names differ. The first message of a configure run reads
# packages.txt.
function(_ebpf_install_hint out)
  set(table_file "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/packages.txt")
  get_property(rows GLOBAL PROPERTY _EBPF_PACKAGES)
  if(NOT rows)
    file(STRINGS "${table_file}" rows REGEX "^[^#]")
    set_property(GLOBAL PROPERTY _EBPF_PACKAGES "${rows}")
  endif()

  set(debian_packages "")
  set(ubuntu_packages "")
  set(fedora_packages "")
  foreach(key IN LISTS ARGN)
    set(found FALSE)
    foreach(row IN LISTS rows)
      string(REGEX MATCHALL "[^ ]+" columns "${row}")
      list(GET columns 0 row_key)
      if(row_key STREQUAL key)
        list(GET columns 2 debian)
        list(GET columns 3 ubuntu)
        list(GET columns 4 fedora)
        set(found TRUE)
        break()
      endif()
    endforeach()
    if(NOT found)
      message(FATAL_ERROR "_ebpf_install_hint: '${table_file}' has no line for '${key}'.")
    endif()
    if(ubuntu STREQUAL "=")
      set(ubuntu "${debian}")
    endif()
    foreach(distribution debian ubuntu fedora)
      string(REPLACE "," ";" names "${${distribution}}")
      list(APPEND ${distribution}_packages ${names})
    endforeach()
  endforeach()

  list(JOIN debian_packages " " debian)
  list(JOIN ubuntu_packages " " ubuntu)
  list(JOIN fedora_packages " " fedora)
  if(debian STREQUAL ubuntu)
    set(hint "  Debian, Ubuntu: apt install ${debian}\n")
  else()
    set(hint "  Debian: apt install ${debian}\n  Ubuntu: apt install ${ubuntu}\n")
  endif()
  set(${out} "${hint}  Fedora: dnf install ${fedora}" PARENT_SCOPE)
endfunction()
