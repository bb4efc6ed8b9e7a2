#[=[.rst:
EbpfKit
-------

eBPF for C and C++ projects. Including this file defines commands and nothing else: tools are looked
for when a command first needs them. Data flows one way, one command a step:

=========================== ====================================================================
``ebpf_generate_bindings``  BTF -> kernel types as a C header (``vmlinux.h``)
``ebpf_add_program``        BPF C sources and bindings -> one linked BPF object
``ebpf_add_skeleton``       object -> a library to link, with a C and a C++ interface to it
``ebpf_embed_btf``          BTF of kernels that have none of their own -> a library to link
=========================== ====================================================================

Cache variables that override what is found: ``EBPFKIT_CLANG``, ``EBPFKIT_BPFTOOL``,
``EBPFKIT_LIBBPF_INCLUDE_DIR``, ``EBPFKIT_LIBBPF_LIBRARY``, ``EBPFKIT_LIBELF_LIBRARY``,
``EBPFKIT_ZLIB_INCLUDE_DIR``, ``EBPFKIT_ZLIB_LIBRARY``, ``EBPFKIT_LLVM_OBJCOPY``, ``EBPFKIT_BINDGEN``,
``EBPFKIT_BTF``, ``EBPFKIT_BTF_DIR``, ``EBPF_COMPILER_LAUNCHER``.
#]=]
include_guard(GLOBAL)

include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfProperties.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfTools.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfRuntime.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfPlatform.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfOutputs.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfBtfSource.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfCompileCommand.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfHeaderTypes.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfBytesLibrary.cmake")

include("${CMAKE_CURRENT_LIST_DIR}/EbpfGenerateBindings.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddProgram.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddSkeleton.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfEmbedBtf.cmake")
