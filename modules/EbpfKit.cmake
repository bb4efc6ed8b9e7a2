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

``EbpfKit::runtime`` is the C++17 library behind skeletons and embedded BTF, and a library for applications
that only want its ``kernel_features`` or ``btf_source``. ``find_package(EbpfKit COMPONENTS runtime)`` makes
the target; so do ``ebpf_add_skeleton`` and ``ebpf_embed_btf``, and ``add_subdirectory`` of EbpfKit. It is
the static library ``ebpfkit_runtime`` of the project, which can install and export it. An installed
EbpfKit brings its objects ready. They are linked where they fit: the same system and CPU, compiler, C
and C++ library and libbpf headers, and no flag that changes the binary interface or asks for other code
(exceptions off, sanitizers, link-time optimisation, debug modes of the C++ library). The sources are
compiled otherwise. Configuring says which, and why. The flags are those of the directory that needs the
target first. The variable ``EBPFKIT_RUNTIME`` decides instead: ``READY`` (an error where the objects do
not fit), ``SOURCES``, or ``AUTO``.

Cache variables that override what is found: ``EBPFKIT_CLANG``, ``EBPFKIT_BPFTOOL``,
``EBPFKIT_LIBBPF_INCLUDE_DIR``, ``EBPFKIT_LIBBPF_LIBRARY``, ``EBPFKIT_LIBELF_LIBRARY``,
``EBPFKIT_ZLIB_INCLUDE_DIR``, ``EBPFKIT_ZLIB_LIBRARY``, ``EBPFKIT_LLVM_OBJCOPY``, ``EBPFKIT_BINDGEN``,
``EBPFKIT_BTF``, ``EBPFKIT_BTF_DIR``, ``EBPFKIT_RUNTIME``, ``EBPF_COMPILER_LAUNCHER``.
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
