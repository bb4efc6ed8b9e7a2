# The rooms of the host tool: the folders of src/, each with the rooms whose headers its files may
# include. This is the only list. src/CMakeLists.txt makes one static library of each room from it; the
# test layout.includes checks the #include lines of all files, and the picture in docs/architecture.md,
# against it.
#
# A room may include only rooms that stand above it. To add a room, add it here and in
# src/CMakeLists.txt, and draw it in docs/architecture.md.
set(EBPFKIT_ROOMS support btf input relocation bindings embed object sources skeleton export
                  templates packages sysroot size kernels machine load_test inspect picture tool)

# Text, files, processes, errors.
set(EBPFKIT_ROOM_support runtime)
# BTF in memory: reading it, comparing it, checking it.
set(EBPFKIT_ROOM_btf support runtime)
# Files that BTF comes in: compressed files, archives, packages, kernel images, the BTF cache.
set(EBPFKIT_ROOM_input support btf)
# CO-RE relocations: reading them from objects, resolving them on a kernel, cutting BTF down to them.
set(EBPFKIT_ROOM_relocation support btf)
# Headers with kernel types for BPF programs.
set(EBPFKIT_ROOM_bindings support btf input)
# The BTF of many kernels in one file, for applications that carry it.
set(EBPFKIT_ROOM_embed support btf input relocation runtime)
# BPF objects: linking them, checking them, what they contain.
set(EBPFKIT_ROOM_object support btf input relocation runtime)
# BPF C sources: their tokens, which kernel types they use, compiling them.
set(EBPFKIT_ROOM_sources support btf input bindings)
# Skeletons in C and C++.
set(EBPFKIT_ROOM_skeleton support btf object sources)
# Types of programs and of kernel headers for applications.
set(EBPFKIT_ROOM_export support btf bindings object sources skeleton)
# New projects: templates, names, files.
set(EBPFKIT_ROOM_templates support skeleton)
# Packages of the machine's distribution, through apt, and what is in them.
set(EBPFKIT_ROOM_packages support)
# Static C and C++ libraries for routers, from the sources of others.
set(EBPFKIT_ROOM_sysroot support packages)
# Kernels for virtual machines: the cache of them, and where they come from.
set(EBPFKIT_ROOM_kernels support input packages)
# Virtual machines: their files, QEMU, and what the guest program (src/guest) tells.
set(EBPFKIT_ROOM_machine support input kernels)
# Programs on real kernels: what each kernel says, and what the project expects.
set(EBPFKIT_ROOM_load_test support relocation object kernels machine runtime)
# What the running kernel has: programs, maps, links, who holds them, and what is in them.
set(EBPFKIT_ROOM_inspect support btf object runtime)
# Pictures of the control flow of BPF functions.
set(EBPFKIT_ROOM_picture support btf relocation object inspect)
# Linked programs: what their bytes are, and whose.
set(EBPFKIT_ROOM_size support input)
# The subcommands of `ebpfkit`.
set(EBPFKIT_ROOM_tool support btf input relocation bindings embed object sources skeleton export
                      templates sysroot size kernels machine load_test inspect picture runtime)

# `runtime` above is not a room of the host tool. It stands for these files of the runtime library, which
# the tool compiles too: the format of embedded BTF, the names of architectures, what is most like a
# misspelt name, the verifier's logs, what objects need of a kernel, the mark of a clsact qdisc, struct_ops
# maps that are not made, and the chains of XDP programs. They include nothing but each other, the standard
# library, zlib and libbpf. Their namespaces stay ebpfkit and ebpfkit::detail.
set(EBPFKIT_RUNTIME_FILES_OF_HOST_TOOL
    runtime/attach/clsact.cpp
    runtime/attach/network_interface.cpp
    runtime/attach/xdp_chain.cpp
    runtime/attach/xdp_chain_pins.cpp
    runtime/attach/xdp_dispatcher.cpp
    runtime/errors/complaint_words.cpp
    runtime/errors/explanation.cpp
    runtime/errors/explanation_cases.cpp
    runtime/errors/explanation_text.cpp
    runtime/errors/instruction_effect.cpp
    runtime/errors/log_numbers.cpp
    runtime/errors/register_words.cpp
    runtime/errors/rejection_messages.cpp
    runtime/errors/rejection_texts.cpp
    runtime/errors/verifier_log.cpp
    runtime/errors/verifier_report.cpp
    runtime/errors/verifier_trace.cpp
    runtime/features/attempts.cpp
    runtime/features/capabilities.cpp
    runtime/features/instruction_needs.cpp
    runtime/features/kernel_features.cpp
    runtime/features/named_features.cpp
    runtime/features/object_needs.cpp
    runtime/features/type_and_helper_tables.cpp
    runtime/features/type_probes.cpp
    runtime/kernel_types/architecture.cpp
    runtime/kernel_types/architecture_name.cpp
    runtime/kernel_types/embedded_btf.cpp
    runtime/object/unmade_struct_ops.cpp
    runtime/system/bpf_file_system.cpp
    runtime/system/edit_distance.cpp
    runtime/system/loaded_program.cpp
    runtime/system/running_kernel.cpp
    runtime/system/section_names.cpp
    runtime/system/security_modules.cpp
    runtime/system/text.cpp
    runtime/system/text_file.cpp
    runtime/system/tracefs.cpp)
