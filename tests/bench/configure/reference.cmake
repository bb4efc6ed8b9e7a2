# The reference for the benchmark of configuring: BPF programs and their applications in plain CMake, in the
# way of libbpf-bootstrap's FindBpfObject.cmake. It finds the tools and libbpf once. Each program gets three
# rules, an INTERFACE library and an executable.
find_program(REFERENCE_CLANG clang REQUIRED)
find_program(REFERENCE_BPFTOOL bpftool PATHS /usr/sbin /usr/local/sbin REQUIRED)
find_path(REFERENCE_LIBBPF_INCLUDE_DIR bpf/bpf_helpers.h REQUIRED)
find_library(REFERENCE_LIBBPF bpf REQUIRED)

set(vmlinux_dir "${CMAKE_CURRENT_BINARY_DIR}/vmlinux")
file(MAKE_DIRECTORY "${vmlinux_dir}")
add_custom_command(
  OUTPUT "${vmlinux_dir}/vmlinux.h"
  COMMAND "${REFERENCE_BPFTOOL}" btf dump file /sys/kernel/btf/vmlinux format c >
          "${vmlinux_dir}/vmlinux.h" VERBATIM)

function(reference_application name)
  set(object "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  add_custom_command(
    OUTPUT "${object}.tmp.bpf.o"
    COMMAND
      "${REFERENCE_CLANG}" -g -O2 --target=bpf -D__TARGET_ARCH_x86 "-I${vmlinux_dir}" -isystem
      "${REFERENCE_LIBBPF_INCLUDE_DIR}" -MD -MF "${object}.d" -c
      "${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c" -o "${object}.tmp.bpf.o"
    DEPENDS "${name}.bpf.c" "${vmlinux_dir}/vmlinux.h"
    DEPFILE "${object}.d"
    COMMENT "Compiling BPF ${name}"
    VERBATIM)
  add_custom_command(
    OUTPUT "${object}.bpf.o"
    COMMAND "${REFERENCE_BPFTOOL}" gen object "${object}.bpf.o" "${object}.tmp.bpf.o"
    DEPENDS "${object}.tmp.bpf.o"
    COMMENT "Linking BPF ${name}"
    VERBATIM)
  add_custom_command(
    OUTPUT "${object}.skel.h"
    COMMAND "${REFERENCE_BPFTOOL}" gen skeleton "${object}.bpf.o" name ${name} > "${object}.skel.h"
    DEPENDS "${object}.bpf.o"
    COMMENT "Generating the skeleton of ${name}"
    VERBATIM)
  add_library(${name}_skeleton INTERFACE)
  target_sources(${name}_skeleton INTERFACE "${object}.skel.h")
  target_include_directories(${name}_skeleton INTERFACE "${CMAKE_CURRENT_BINARY_DIR}")
  target_link_libraries(${name}_skeleton INTERFACE "${REFERENCE_LIBBPF}")
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} PRIVATE ${name}_skeleton)
endfunction()
