# EbpfKit for the build machine: the host tool, the CMake package and the sources of the runtime library.
SUMMARY = "eBPF for C and C++ projects built with CMake"
LICENSE = "BSD-2-Clause"
LIC_FILES_CHKSUM = "file://LICENSE;md5=@EBPFKIT_LICENSE_MD5@"

inherit cmake native externalsrc

# EbpfKit's sources. For a release, write SRC_URI and S instead.
EXTERNALSRC = "@EBPFKIT_SOURCE_DIR@"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

# cli11, fmt, nlohmann-json and libbpf are in the layer meta-openembedded.
DEPENDS = " \
    bpftool-native clang-native cli11-native elfutils-native fmt-native libarchive-native libbpf-native libmd-native \
    lz4-native nlohmann-json-native xz-native zlib-native zstd-native \
"

EXTRA_OECMAKE = "-DEBPFKIT_BUILD_TESTS=OFF"
