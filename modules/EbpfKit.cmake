#[=[.rst:
EbpfKit
-------

eBPF for C and C++ projects. Including this file only defines commands. A command looks for its tools when
it first needs them. Data flows one way, and each command is one step:

=========================== ====================================================================
``ebpf_generate_bindings``  BTF -> kernel types as a C header (``vmlinux.h``) for BPF programs
``ebpf_add_program``        BPF C sources and bindings -> one linked BPF object
``ebpf_add_skeleton``       object -> a library to link, with a C and a C++ interface to it
``ebpf_export_types``       BTF of a kernel or an object -> types in C++ or Rust for the application
``ebpf_embed_btf``          BTF of kernels that have none of their own -> a library to link
``ebpf_add_load_test``      objects -> tests that load them on real kernels
``ebpf_add_vm_test``        an executable -> tests that run it on real kernels
``ebpf_verifier_budget``    a limit for the verifier's work, which the load tests check
=========================== ====================================================================

``EbpfInspect.cmake`` gives each project with a program targets that look into objects and into the kernel:
``inspect-help`` lists them.

The documentation of each command stands at the top of its file: ``ebpf_add_program`` in
``EbpfAddProgram.cmake``. The smallest project needs two commands, because ``ebpf_add_program`` makes a
``vmlinux.h`` by itself::

  ebpf_add_program(packets SOURCES packets.bpf.c)
  ebpf_add_skeleton(packets_skeleton PROGRAM packets)
  target_link_libraries(application PRIVATE packets_skeleton)

``EbpfKit::runtime``
  The C++17 library behind skeletons and embedded BTF. Applications that only want its ``kernel_features`` or
  ``btf_source`` can link it too. ``find_package(EbpfKit COMPONENTS runtime)``, ``ebpf_add_skeleton``,
  ``ebpf_embed_btf`` and ``add_subdirectory`` of EbpfKit make the target. It is the static library ``ebpfkit_runtime``
  of the project, which can install and export it.

``EbpfKit::symbols``
  The part of the runtime that needs libdw of elfutils: ``process_symbols``, the names of addresses in processes.
  ``find_package(EbpfKit COMPONENTS symbols)`` makes the target, and so does ``add_subdirectory`` of EbpfKit where libdw
  is installed. An application that does not link it needs no libdw.

An installed EbpfKit brings ready objects of the runtime. The build links them when they fit: the same system,
CPU, compiler, C and C++ library and libbpf headers, and no flag that changes the binary interface or asks for
other code (exceptions off, sanitizers, link-time optimisation, debug modes of the C++ library). Otherwise
the build compiles the sources. CMake says which when it configures, and why. The flags that count are those
of the directory that needs the target first.

Variables that users set, as cache variables or in a CMakeLists.txt:

``EBPFKIT_CLANG``, ``EBPFKIT_BPFTOOL``, ``EBPFKIT_BINDGEN``
  Programs to use instead of those that are found.
``EBPFKIT_LIBBPF_INCLUDE_DIR``, ``EBPFKIT_LIBBPF_LIBRARY``
  libbpf of the target system, instead of the one that is found.
``EBPFKIT_ZLIB_INCLUDE_DIR``, ``EBPFKIT_ZLIB_LIBRARY``, ``EBPFKIT_LIBELF_LIBRARY``, ``EBPFKIT_ZSTD_LIBRARY``
  zlib of the target system, libelf, which a static libbpf needs, and zstd, which a static libelf may need.
``EBPFKIT_LIBDW_INCLUDE_DIR``, ``EBPFKIT_LIBDW_LIBRARY``
  libdw of the target system, which ``EbpfKit::symbols`` needs.
``EBPFKIT_BTF``
  Where kernel types come from: a file, or a name in the BTF cache. Default in a native build: the running
  kernel's BTF.
``EBPFKIT_BTF_DIR``
  The BTF cache, where names of BTF are looked up. Default: ``~/.cache/ebpfkit/btf``.
``EBPFKIT_CHECK_INPUT_TIMES``
  ``ON``: each build begins with a short step that finds inputs whose content changed while their time went
  back (``cp -p`` of an older file), which Ninja and make do not see. Default ``OFF``.
``EBPFKIT_NO_KERNEL_BTF``
  When it is true, all programs must load on kernels without BTF, as with ``NO_KERNEL_BTF`` of
  ``ebpf_add_program``. The presets for OpenWrt set it.
``EBPFKIT_COMPILER_LAUNCHER``
  Command that BPF compiles go through, such as ccache. Default: that of C or C++.
``EBPFKIT_CACHE_DIR``
  Where EbpfKit keeps what several build directories share: sysroots of other systems, and the host tool in a
  cross build of EbpfKit's source tree. Default: ``~/.cache/ebpfkit``.
``EBPFKIT_TOOL``
  A ready ``ebpfkit`` of this machine, instead of the one that is installed or built.
``EBPFKIT_KERNELS``
  The kernels of load tests and VM tests without KERNELS. Default: five of Debian from 5.10 on, one of them without
  BTF, and one for arm64.
``EBPFKIT_FETCH_KERNELS``
  ``OFF``: tests do not fetch kernels. ``ebpfkit kernel fetch`` does.
``EBPFKIT_QEMU``
  QEMU for virtual machines, instead of the one on ``PATH``.
``EBPFKIT_LAUNCHER``
  Command that gives the right to load BPF programs into the kernel that runs. Default: ``sudo``, when not root.
``EBPFKIT_TARGET_PREFIX``, ``EBPFKIT_INSPECTION_TARGETS``, ``EBPFKIT_LOADER``
  About the inspection targets, see ``EbpfInspect.cmake``.
``EBPFKIT_RUNTIME``
  ``READY`` links the ready objects of ``EbpfKit::runtime``, and is an error when they do not fit.
  ``SOURCES`` compiles the sources. Default ``AUTO``, as described above.
``EBPFKIT_OPTIMIZE_SIZE``
  ``ON`` makes applications small. ``EbpfKit::runtime``, skeletons and all targets that link them are compiled with
  ``-Os -ffunction-sections -fdata-sections`` (GCC and clang; not in the configuration ``Debug``). Programs are linked
  with ``--gc-sections``, and the linker writes ``<program>.map`` beside them, which ``ebpfkit size`` reads. The
  runtime is compiled from its sources, its own code without exceptions. With C++, the runtime and the files of programs
  that link it take part in link-time optimisation, where it works; ``CMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF`` prevents
  that, and must be set by projects that export ``ebpfkit_runtime``. Set ``EBPFKIT_OPTIMIZE_SIZE`` before the first command of
  EbpfKit. Default ``OFF``. docs/runtime-size.md has the figures.
#]=]
include_guard(GLOBAL)

include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfProperties.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfNearestNames.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfBuildDirectory.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfRenames.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfPackages.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfArchitectures.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfFileState.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfTools.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfOptimizeSize.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfRuntime.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfPlatform.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfOutputs.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfInputTimes.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfBtfSource.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfCompileCommand.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfHeaderTypes.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfTypeFiles.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfBytesLibrary.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfLinkChecks.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfProgramUsage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/toolchains/detail/EbpfHostTool.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfGuest.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfMachines.cmake")

include("${CMAKE_CURRENT_LIST_DIR}/EbpfGenerateBindings.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddProgram.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddSkeleton.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfExportTypes.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfEmbedBtf.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddLoadTest.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfAddVmTest.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfVerifierBudget.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfInspect.cmake")
_ebpf_define_old_commands()
