# expect_hint(<source> <text>...): compiles a source, which must fail and print the texts.
function(expect_hint source)
  set(expected_texts "${ARGV1}")
  configure("-DPROGRAM=${source}")
  expect_success("configuring for ${source}")
  build()
  expect_failure("compiling ${source}")
  # The texts have semicolons.
  math(EXPR last "${ARGC} - 1")
  foreach(index RANGE 1 ${last})
    expect_output("${ARGV${index}}")
  endforeach()
  string(REGEX MATCHALL "ebpfkit: note: " notes "${output}")
  list(LENGTH notes count)
  if(count GREATER 3)
    message(FATAL_ERROR "${count} hints, which is more than three:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

expect_hint(
  helpers_first
  "error: unknown type name '__u64'"
  "helpers_first.bpf.c:1: write #include \"vmlinux.h\" before <bpf/bpf_helpers.h>, which uses its types"
)

set(drop "remove #include <linux/in.h>")
set(has_types "vmlinux.h has the kernel's types")
expect_hint(
  kernel_types_then_uapi "previous definition is here"
  "${drop} (${source_dir}/sources/kernel_types_then_uapi.bpf.c:2): ${has_types}"
  "vmlinux.h then also defines the macros of kernel headers that the source uses")
expect_hint(uapi_then_kernel_types "previous definition is here"
            "${drop} (${source_dir}/sources/uapi_then_kernel_types.bpf.c:1): ${has_types}")
expect_hint(own_header_with_uapi "previous definition is here"
            "${drop} (${source_dir}/sources/own.h:3): ${has_types}")

expect_hint(
  own_type_of_the_kernel
  "redefinition of 'list_head'"
  "the kernel has a type 'list_head', too, and vmlinux.h needs it for others that the source uses: give the program's own 'list_head' another name"
)

expect_hint(
  unknown_types
  "unknown type name '__be23'"
  "incomplete definition of type 'struct task_strukt'"
  "has no type '__be23'; nearest: __be32, __be16"
  "has no type 'struct task_strukt'; nearest: task_struct"
  "has no type 'struct mm_strct'; nearest: mm_struct")
expect_hint(unknown_member "no member named 'no_longer_there' in 'struct task_struct'"
            start_boottime "has no member 'no_longer_there'")
# Some versions of clang say this already.
if(output MATCHES "did you mean")
  expect_no_output("has no member 'start_boottim'")
endif()
expect_hint(
  macros
  "use of undeclared identifier 'ETH_P_IP'"
  "has no enum with 'TASK_COMM_LENN', and no kernel header defines it; nearest: TASK_COMM_LEN"
  "vmlinux.h has no macros. Write what <linux/if_ether.h> has: #define ETH_P_IP 0x0800"
  "<bits/socket.h> has: #define AF_INET 2")

expect_hint(header_without_directory "'bpf_helpers.h' file not found"
            "libbpf's headers are in a directory 'bpf': #include <bpf/bpf_helpers.h>")
expect_hint(misspelt_libbpf_header "'bpf/bpf_tracin.h' file not found"
            "the installed libbpf has no header <bpf/bpf_tracin.h>; nearest: bpf/bpf_tracing.h")
expect_hint(header_of_the_kernel "'linux/skbuff.h' file not found"
            "take the kernel's types from #include \"vmlinux.h\"")
expect_hint(header_of_other_name "'vmlinux.h' file not found"
            "the header of kernel types is called kernel_types.h here: #include \"kernel_types.h\"")

# EbpfKit knows nothing about these.
expect_hint(own_mistake "no member named 'second' in 'struct mine'"
            "use of undeclared identifier 'undeclared_thing'")
expect_no_output("ebpfkit: note:")

# Newer compilers refuse the source. For older ones the macro is a function, which the linker refuses.
expect_hint(newer_macro "'bpf_repeat' is a macro of newer libbpf headers."
            "#include <ebpfkit/bpf_compat.h>")

expect_hint(included_by_option "'bpf/vmlinux.h' file not found"
            "options and macros name the header of kernel types without a directory: vmlinux.h")
