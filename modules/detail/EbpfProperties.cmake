# Every fact that travels from one command to the next is a target property declared here.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

define_property(
  TARGET
  PROPERTY EBPF_KIND
  BRIEF_DOCS
    "What EbpfKit made this target for: BINDINGS, HOST_TYPES, PROGRAM, SKELETON, EMBEDDED_BTF, LOAD_TEST or INSPECTION"
)
define_property(TARGET PROPERTY EBPF_PROGRAM
                BRIEF_DOCS "The target of ebpf_add_program whose object a skeleton carries")
define_property(TARGET PROPERTY EBPF_HEADER
                BRIEF_DOCS "Path of the file made by ebpf_generate_bindings or ebpf_export_types")
define_property(TARGET PROPERTY EBPF_WATCHED_FILES
                BRIEF_DOCS "Lines for `ebpfkit inputs`: what the target ebpfkit_input_times checks")
define_property(TARGET PROPERTY EBPF_OBJECT
                BRIEF_DOCS "Path of the linked BPF object made by ebpf_add_program")
define_property(TARGET PROPERTY EBPF_SOURCES
                BRIEF_DOCS "Sources of a program as ebpf_add_program got them")
define_property(TARGET PROPERTY EBPF_DIRECTORY_INCLUDES
                BRIEF_DOCS "INCLUDE_DIRECTORIES of a program's directory when the program was made")
define_property(
  TARGET PROPERTY EBPF_USAGE_FLAGS
  BRIEF_DOCS "Arguments of clang that users give for a program, a generator expression")
foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
  define_property(TARGET PROPERTY EBPF_OWN_${property}
                  BRIEF_DOCS "${property} of a program without those of its directory")
endforeach()
define_property(TARGET PROPERTY EBPF_OUTPUT_NAME
                BRIEF_DOCS "Name of a program's object and skeleton, a C identifier")
define_property(TARGET PROPERTY EBPF_ARCH
                BRIEF_DOCS "CPU a program is for, by the kernel's name (x86, arm64, ...)")
define_property(TARGET PROPERTY EBPF_ENDIAN
                BRIEF_DOCS "Byte order of a program's object: little or big")
define_property(TARGET PROPERTY EBPF_MCPU
                BRIEF_DOCS "BPF instruction set a program is compiled for (v1 to v4)")
define_property(
  TARGET
  PROPERTY EBPF_BTF
  BRIEF_DOCS
    "The one BTF that a program's or header's kernel types come from: a file, or a name in the BTF cache"
  FULL_DOCS "Empty when they come from several, from C headers, or when there is no BTF.")
define_property(TARGET PROPERTY EBPF_BTF_BASE
                BRIEF_DOCS "The kernel's BTF that EBPF_BTF, of a module, continues; or empty")
define_property(TARGET PROPERTY EBPF_HOOK_WORDS
                BRIEF_DOCS "Arguments of `ebpfkit object link` that name the BTF behind a header")
define_property(TARGET PROPERTY EBPF_REPORT
                BRIEF_DOCS "Path of the JSON report made by ebpf_embed_btf")
define_property(TARGET PROPERTY EBPF_LOAD_RESULTS
                BRIEF_DOCS "Directories with the results of the load tests of a program")
define_property(
  TARGET PROPERTY EBPF_BUDGET_WORDS
  BRIEF_DOCS "Arguments of `ebpfkit load-test write` about the verifier's budget of a program")
define_property(TARGET PROPERTY EBPF_VARIANT_WORDS
                BRIEF_DOCS "Arguments of `ebpfkit load-test write` about variants of a program")
define_property(TARGET PROPERTY EBPF_INSPECTION_WORDS
                BRIEF_DOCS "Arguments of `ebpfkit inspect` that name a program's object")
