# Libraries of the host tool. A missing library is one error that names the packages that have it.
include_guard(GLOBAL)
include("${PROJECT_SOURCE_DIR}/modules/detail/EbpfPackages.cmake")

# ebpfkit_require_package(<package> <key>): calls find_package for packages with a CMake config. <key> names
# the line of modules/detail/packages.txt.
function(ebpfkit_require_package package key)
  find_package(${package} QUIET CONFIG GLOBAL)
  if(NOT ${package}_FOUND)
    _ebpf_install_hint(install_hint "${key}")
    message(FATAL_ERROR "EbpfKit: building the host tool needs ${package}.\n${install_hint}")
  endif()
endfunction()

# ebpfkit_needs_of_static_library(<out> <name> <module>): what a program links after the static library <name>, as
# pkg-config tells for <module>. vcpkg and Conan have static libraries by default, and those of libarchive and libelf need
# others. Empty without pkg-config.
function(ebpfkit_needs_of_static_library out name module)
  set(needs "")
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(EBPFKIT_HOST_${name}_PC QUIET "${module}")
    set(needs "${EBPFKIT_HOST_${name}_PC_STATIC_LDFLAGS}")
    list(REMOVE_ITEM needs "-l${name}")
  endif()
  set(${out} "${needs}" PARENT_SCOPE)
endfunction()

# ebpfkit_require_library(<name> <header> <key>): makes the imported target EbpfKit::<name>. <key> names the
# line of modules/detail/packages.txt, and is pkg-config's name of the library.
function(ebpfkit_require_library name header key)
  find_library(EBPFKIT_HOST_${name}_LIBRARY NAMES ${name})
  find_path(EBPFKIT_HOST_${name}_INCLUDE_DIR NAMES ${header})
  mark_as_advanced(EBPFKIT_HOST_${name}_LIBRARY EBPFKIT_HOST_${name}_INCLUDE_DIR)
  if(NOT EBPFKIT_HOST_${name}_LIBRARY OR NOT EBPFKIT_HOST_${name}_INCLUDE_DIR)
    _ebpf_install_hint(install_hint "${key}")
    message(
      FATAL_ERROR "EbpfKit: building the host tool needs lib${name} (${header}).\n${install_hint}")
  endif()
  add_library(EbpfKit::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(
    EbpfKit::${name} PROPERTIES IMPORTED_LOCATION "${EBPFKIT_HOST_${name}_LIBRARY}"
                                INTERFACE_INCLUDE_DIRECTORIES "${EBPFKIT_HOST_${name}_INCLUDE_DIR}")
  if(EBPFKIT_HOST_${name}_LIBRARY MATCHES "\\.a$")
    ebpfkit_needs_of_static_library(needs ${name} ${key})
    set_target_properties(EbpfKit::${name} PROPERTIES INTERFACE_LINK_LIBRARIES "${needs}")
  endif()
endfunction()

ebpfkit_require_package(fmt fmt)
ebpfkit_require_package(CLI11 cli11)
ebpfkit_require_package(nlohmann_json nlohmann-json)
ebpfkit_require_library(elf gelf.h libelf)
ebpfkit_require_library(bpf bpf/btf.h libbpf)
ebpfkit_require_library(md sha2.h libmd)
ebpfkit_require_library(lzma lzma.h liblzma)
ebpfkit_require_library(zstd zstd.h libzstd)
ebpfkit_require_library(z zlib.h zlib)
ebpfkit_require_library(lz4 lz4frame.h liblz4)
ebpfkit_require_library(archive archive.h libarchive)
