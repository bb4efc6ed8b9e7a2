# Libraries of the host tool; a missing one is one error with the packages that have it.
include_guard(GLOBAL)

# ebpfkit_require_package(<package> <debian> <fedora>): find_package for packages with a CMake config.
function(ebpfkit_require_package package debian fedora)
  find_package(${package} QUIET CONFIG GLOBAL)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "EbpfKit: building the host tool needs ${package}.\n"
                        "  Debian, Ubuntu: apt install ${debian}\n  Fedora: dnf install ${fedora}")
  endif()
endfunction()

# ebpfkit_require_library(<name> <header> <debian> <fedora>): the imported target EbpfKit::<name>.
function(ebpfkit_require_library name header debian fedora)
  find_library(EBPFKIT_HOST_${name}_LIBRARY NAMES ${name})
  find_path(EBPFKIT_HOST_${name}_INCLUDE_DIR NAMES ${header})
  mark_as_advanced(EBPFKIT_HOST_${name}_LIBRARY EBPFKIT_HOST_${name}_INCLUDE_DIR)
  if(NOT EBPFKIT_HOST_${name}_LIBRARY OR NOT EBPFKIT_HOST_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "EbpfKit: building the host tool needs lib${name} (${header}).\n"
                        "  Debian, Ubuntu: apt install ${debian}\n  Fedora: dnf install ${fedora}")
  endif()
  add_library(EbpfKit::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(
    EbpfKit::${name} PROPERTIES IMPORTED_LOCATION "${EBPFKIT_HOST_${name}_LIBRARY}"
                                INTERFACE_INCLUDE_DIRECTORIES "${EBPFKIT_HOST_${name}_INCLUDE_DIR}")
endfunction()

ebpfkit_require_package(fmt libfmt-dev fmt-devel)
ebpfkit_require_package(CLI11 libcli11-dev cli11-devel)
ebpfkit_require_package(nlohmann_json nlohmann-json3-dev json-devel)
ebpfkit_require_library(elf gelf.h libelf-dev elfutils-libelf-devel)
ebpfkit_require_library(bpf bpf/btf.h libbpf-dev libbpf-devel)
ebpfkit_require_library(md sha2.h libmd-dev libmd-devel)
ebpfkit_require_library(lzma lzma.h liblzma-dev xz-devel)
ebpfkit_require_library(zstd zstd.h libzstd-dev libzstd-devel)
ebpfkit_require_library(z zlib.h zlib1g-dev zlib-devel)
ebpfkit_require_library(lz4 lz4frame.h liblz4-dev lz4-devel)
ebpfkit_require_library(archive archive.h libarchive-dev libarchive-devel)
