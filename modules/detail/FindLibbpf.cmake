#[=[.rst:
FindLibbpf
----------

Finds libbpf's headers and library for the TARGET system (the usual search paths of a cross build).
EbpfKit's commands call the module with ``find_package``; a minimum version, a version range, ``QUIET``
and ``REQUIRED`` work as in CMake's own find modules.

``EBPFKIT_LIBBPF_INCLUDE_DIR``, ``EBPFKIT_LIBBPF_LIBRARY``
  Cache variables: the directory above ``bpf/`` and the library. Set them to choose others.
``Libbpf_FOUND``
  The headers are there (enough to compile BPF programs), in the version that the caller asks for, and so
  is the library when the caller asks for the component ``library``.
``Libbpf_library_FOUND``, ``Libbpf::libbpf``
  The library is there; imported target. A static library brings libelf and zlib
  (``EBPFKIT_LIBELF_LIBRARY``, ``EBPFKIT_ZLIB_LIBRARY``). A static libelf that decompresses sections with zstd
  brings that too (``EBPFKIT_ZSTD_LIBRARY``). With ``EBPFKIT_OPTIMIZE_SIZE``, a library of the same name in the
  directory ``optimized-size`` beside a library takes its place, but not in the configuration ``Debug``. The
  sysroots of ``ebpfkit sysroot build`` for clang have such libraries. They need link-time optimisation.
``Libbpf_VERSION``
  From ``bpf/libbpf_version.h``, which libbpf 1.0 and newer have.
``Libbpf_REASON``
  Why the module did not find what the caller asks for, for the error message.
#]=]
cmake_policy(VERSION 3.25)

# _Libbpf_optimized_library(<out> <library>)
#
# Sets <out> to the library that takes the place of <library> in builds for size: the one in `optimized-size` beside
# it, else <library> itself. A user who switches link-time optimisation off gets that one, too.
function(_Libbpf_optimized_library out library)
  set(${out} "${library}" PARENT_SCOPE)
  if(NOT EBPFKIT_OPTIMIZE_SIZE OR (DEFINED CMAKE_INTERPROCEDURAL_OPTIMIZATION
                                   AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION))
    return()
  endif()
  cmake_path(GET library PARENT_PATH directory)
  cmake_path(GET library FILENAME name)
  if(EXISTS "${directory}/optimized-size/${name}")
    set(${out} "${directory}/optimized-size/${name}" PARENT_SCOPE)
  endif()
endfunction()

find_path(EBPFKIT_LIBBPF_INCLUDE_DIR NAMES bpf/bpf_helpers.h DOC "Directory above libbpf's bpf/*.h")
find_library(EBPFKIT_LIBBPF_LIBRARY NAMES bpf DOC "libbpf for the target system")

set(Libbpf_VERSION "")
set(Libbpf_REASON "")
set(Libbpf_library_FOUND FALSE)
set(_Libbpf_header "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf/libbpf_version.h")
if(NOT EBPFKIT_LIBBPF_INCLUDE_DIR)
  set(Libbpf_REASON "\n  no bpf/bpf_helpers.h in the include directories")
elseif(NOT EXISTS "${_Libbpf_header}")
  set(Libbpf_REASON
      "\n  '${EBPFKIT_LIBBPF_INCLUDE_DIR}' has no bpf/libbpf_version.h; at least version 1.1 is needed"
  )
elseif(EBPFKIT_LIBBPF_LIBRARY AND NOT EXISTS "${EBPFKIT_LIBBPF_LIBRARY}")
  set(Libbpf_REASON "\n  EBPFKIT_LIBBPF_LIBRARY '${EBPFKIT_LIBBPF_LIBRARY}' is not there")
else()
  file(STRINGS "${_Libbpf_header}" _Libbpf_lines REGEX "define LIBBPF_M(AJOR|INOR)_VERSION")
  string(REGEX REPLACE ".*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*" "\\1.\\2"
                       Libbpf_VERSION "${_Libbpf_lines}")
  if(DEFINED Libbpf_FIND_VERSION AND Libbpf_VERSION VERSION_LESS Libbpf_FIND_VERSION)
    set(Libbpf_REASON
        "\n  '${EBPFKIT_LIBBPF_INCLUDE_DIR}' has version ${Libbpf_VERSION}; at least ${Libbpf_FIND_VERSION} is needed"
    )
  elseif(NOT EBPFKIT_LIBBPF_LIBRARY)
    set(Libbpf_REASON "\n  the headers are there, the library for ${CMAKE_SYSTEM_PROCESSOR} is not")
  endif()
endif()

if(Libbpf_VERSION AND EBPFKIT_LIBBPF_LIBRARY)
  set(_Libbpf_needs "")
  if(EBPFKIT_LIBBPF_LIBRARY MATCHES "\\.a$")
    find_library(EBPFKIT_LIBELF_LIBRARY NAMES elf DOC "libelf for a static libbpf")
    find_library(EBPFKIT_ZLIB_LIBRARY NAMES z DOC "zlib for a static libbpf")
    set(_Libbpf_needs "${EBPFKIT_LIBELF_LIBRARY}" "${EBPFKIT_ZLIB_LIBRARY}")
    # A library comes before those that it needs. The names of undefined symbols stand in the archive's text.
    if(EBPFKIT_LIBELF_LIBRARY MATCHES "\\.a$" AND EXISTS "${EBPFKIT_LIBELF_LIBRARY}")
      file(STRINGS "${EBPFKIT_LIBELF_LIBRARY}" _Libbpf_zstd LIMIT_COUNT 1 REGEX "ZSTD_decompress")
      if(_Libbpf_zstd)
        find_library(EBPFKIT_ZSTD_LIBRARY NAMES zstd DOC "zstd for a static libelf")
        list(APPEND _Libbpf_needs "${EBPFKIT_ZSTD_LIBRARY}")
      endif()
    endif()
  endif()
  if(_Libbpf_needs MATCHES "NOTFOUND")
    set(Libbpf_REASON
        "\n  '${EBPFKIT_LIBBPF_LIBRARY}' is static and needs libelf and zlib, and libelf may need zstd: install them for the target system, or name them: -DEBPFKIT_LIBELF_LIBRARY=<file> -DEBPFKIT_ZLIB_LIBRARY=<file> -DEBPFKIT_ZSTD_LIBRARY=<file>"
    )
  else()
    set(Libbpf_library_FOUND TRUE)
    if(NOT TARGET Libbpf::libbpf)
      add_library(Libbpf::libbpf UNKNOWN IMPORTED GLOBAL)
      _libbpf_optimized_library(_Libbpf_location "${EBPFKIT_LIBBPF_LIBRARY}")
      set(_Libbpf_linked "")
      foreach(_Libbpf_need IN LISTS _Libbpf_needs)
        _libbpf_optimized_library(_Libbpf_optimized "${_Libbpf_need}")
        if(NOT _Libbpf_optimized STREQUAL _Libbpf_need)
          # Not $<IF:...>, which takes a comma in a path for its own.
          set(_Libbpf_need "$<$<CONFIG:Debug>:${_Libbpf_need}>"
                           "$<$<NOT:$<CONFIG:Debug>>:${_Libbpf_optimized}>")
        endif()
        list(APPEND _Libbpf_linked ${_Libbpf_need})
      endforeach()
      set_target_properties(
        Libbpf::libbpf
        PROPERTIES IMPORTED_LOCATION "${_Libbpf_location}"
                   IMPORTED_LOCATION_DEBUG "${EBPFKIT_LIBBPF_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${EBPFKIT_LIBBPF_INCLUDE_DIR}"
                   INTERFACE_LINK_LIBRARIES "${_Libbpf_linked}")
    endif()
  endif()
endif()

include(FindPackageHandleStandardArgs)
# The function below splits its arguments at semicolons.
string(REPLACE ";" "," _Libbpf_message "${Libbpf_REASON}")
find_package_handle_standard_args(
  Libbpf
  REQUIRED_VARS EBPFKIT_LIBBPF_INCLUDE_DIR Libbpf_VERSION
  VERSION_VAR Libbpf_VERSION HANDLE_VERSION_RANGE
  HANDLE_COMPONENTS REASON_FAILURE_MESSAGE "${_Libbpf_message}")
