#[=[.rst:
FindLibbpf
----------

Finds libbpf's headers and library for the TARGET system (the usual search paths of a cross build).

``EBPFKIT_LIBBPF_INCLUDE_DIR``, ``EBPFKIT_LIBBPF_LIBRARY``
  Cache variables: the directory above ``bpf/`` and the library. Set them to choose others.
``Libbpf_FOUND``
  Headers of version 1.1 or newer are there (enough to compile BPF programs).
``Libbpf_VERSION``, ``Libbpf_REASON``
``Libbpf::libbpf``
  Imported target; only where the library is there too. A static library brings libelf and zlib
  (``EBPFKIT_LIBELF_LIBRARY``, ``EBPFKIT_ZLIB_LIBRARY``).
#]=]
cmake_policy(VERSION 3.25)

find_path(EBPFKIT_LIBBPF_INCLUDE_DIR NAMES bpf/bpf_helpers.h DOC "Directory above libbpf's bpf/*.h")
find_library(EBPFKIT_LIBBPF_LIBRARY NAMES bpf DOC "libbpf for the target system")

set(Libbpf_FOUND FALSE)
set(Libbpf_REASON "")
set(_Libbpf_header "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf/libbpf_version.h")
if(NOT EBPFKIT_LIBBPF_INCLUDE_DIR)
  set(Libbpf_REASON "\n  no bpf/bpf_helpers.h in the include directories")
elseif(NOT EXISTS "${_Libbpf_header}")
  set(Libbpf_REASON
      "\n  '${EBPFKIT_LIBBPF_INCLUDE_DIR}' has no bpf/libbpf_version.h; at least version 1.1 is needed"
  )
else()
  file(STRINGS "${_Libbpf_header}" _Libbpf_lines REGEX "define LIBBPF_M(AJOR|INOR)_VERSION")
  string(REGEX REPLACE ".*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*" "\\1.\\2"
                       Libbpf_VERSION "${_Libbpf_lines}")
  if(Libbpf_VERSION VERSION_LESS 1.1)
    set(Libbpf_REASON
        "\n  '${EBPFKIT_LIBBPF_INCLUDE_DIR}' has version ${Libbpf_VERSION}; at least 1.1 is needed")
  elseif(EBPFKIT_LIBBPF_LIBRARY AND NOT EXISTS "${EBPFKIT_LIBBPF_LIBRARY}")
    set(Libbpf_REASON "\n  EBPFKIT_LIBBPF_LIBRARY '${EBPFKIT_LIBBPF_LIBRARY}' is not there")
  else()
    set(Libbpf_FOUND TRUE)
  endif()
endif()

if(Libbpf_FOUND AND EBPFKIT_LIBBPF_LIBRARY AND NOT TARGET Libbpf::libbpf)
  set(_Libbpf_needs "")
  if(EBPFKIT_LIBBPF_LIBRARY MATCHES "\\.a$")
    find_library(EBPFKIT_LIBELF_LIBRARY NAMES elf DOC "libelf for a static libbpf")
    find_library(EBPFKIT_ZLIB_LIBRARY NAMES z DOC "zlib for a static libbpf")
    set(_Libbpf_needs "${EBPFKIT_LIBELF_LIBRARY}" "${EBPFKIT_ZLIB_LIBRARY}")
  endif()
  if(_Libbpf_needs MATCHES "NOTFOUND")
    set(Libbpf_REASON
        "\n  '${EBPFKIT_LIBBPF_LIBRARY}' is static and needs libelf and zlib: install them for the target system, or name them: -DEBPFKIT_LIBELF_LIBRARY=<file> -DEBPFKIT_ZLIB_LIBRARY=<file>"
    )
  else()
    add_library(Libbpf::libbpf UNKNOWN IMPORTED GLOBAL)
    set_target_properties(
      Libbpf::libbpf
      PROPERTIES IMPORTED_LOCATION "${EBPFKIT_LIBBPF_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                               "${EBPFKIT_LIBBPF_INCLUDE_DIR}"
                 INTERFACE_LINK_LIBRARIES "${_Libbpf_needs}")
  endif()
endif()
