# Builds the project @PROJECT_DIR@ for the target, through EbpfKit.
SUMMARY = "@SUMMARY@"
LICENSE = "@LICENSE@"
LIC_FILES_CHKSUM = "file://@LICENSE_FILE@;md5=@LICENSE_MD5@"

inherit cmake externalsrc

# The project's checkout. For a release, write SRC_URI and S instead.
EXTERNALSRC = "@PROJECT_DIR@"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

# clang-native may need the layer meta-clang, bpftool-native and libbpf the layer meta-openembedded.
DEPENDS = "ebpfkit-native clang-native bpftool-native libbpf elfutils zlib"

# The BTF of the target's kernel, if ebpf_add_program does not name it.
EBPFKIT_BTF ?= ""

# EBPFKIT_TOOL is for a project that has EbpfKit as a subdirectory.
EXTRA_OECMAKE = " \
    -DEbpfKit_ROOT=${STAGING_DIR_NATIVE}${prefix_native} \
    -DEBPFKIT_TOOL=${STAGING_BINDIR_NATIVE}/ebpfkit \
    -DEBPFKIT_CLANG=${STAGING_BINDIR_NATIVE}/clang \
    ${@'-DEBPFKIT_BTF=' + d.getVar('EBPFKIT_BTF') if d.getVar('EBPFKIT_BTF') else ''} \
"

# The project's install(TARGETS @PROGRAM@) puts the program into ${bindir}.
FILES:${PN} = "${bindir}/@PROGRAM@"
