# The reference for the benchmark of configuring: BPF programs and their applications in plain CMake, in the
# way of libbpf-bootstrap's FindBpfObject.cmake. It finds the tools and libbpf once. Each program gets three
# rules, an INTERFACE library and an executable.
#
# With REFERENCE_SAME_TARGETS, a program has the targets that EbpfKit gives it: an OBJECT library of the BPF
# object, which target_compile_definitions() and its kin work on, and a STATIC library of the object's bytes,
# which can be installed and exported. The difference to EbpfKit then is what EbpfKit's own code costs.
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
  if(REFERENCE_SAME_TARGETS)
    add_library(${name}_bpf OBJECT "${object}.bpf.o")
    set_target_properties(${name}_bpf PROPERTIES LINKER_LANGUAGE C)
    add_custom_command(
      OUTPUT "${object}.bytes.c"
      COMMAND
        "${CMAKE_COMMAND}" -E echo
        "__asm__(\".section .rodata; .incbin \\\"${object}.bpf.o\\\"; .previous\");" >
        "${object}.bytes.c"
      DEPENDS "${object}.bpf.o" ${name}_bpf
      COMMENT "Writing the bytes of ${name}"
      VERBATIM)
    add_library(${name}_skeleton STATIC "${object}.bytes.c")
    set(scope PUBLIC)
  else()
    add_library(${name}_skeleton INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(${name}_skeleton ${scope} "${object}.skel.h")
  target_include_directories(${name}_skeleton ${scope} "${CMAKE_CURRENT_BINARY_DIR}")
  target_link_libraries(${name}_skeleton ${scope} "${REFERENCE_LIBBPF}")
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} PRIVATE ${name}_skeleton)
endfunction()
