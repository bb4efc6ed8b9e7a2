# A word like <keyword>: its middle letters change their places, or the middle one is missing.
function(misspell out keyword)
  string(LENGTH "${keyword}" length)
  math(EXPR middle "${length} / 2 - 1")
  math(EXPR behind "${middle} + 1")
  math(EXPR rest "${middle} + 2")
  string(SUBSTRING "${keyword}" 0 ${middle} head)
  string(SUBSTRING "${keyword}" ${middle} 1 first)
  string(SUBSTRING "${keyword}" ${behind} 1 second)
  string(SUBSTRING "${keyword}" ${rest} -1 tail)
  if(first STREQUAL second)
    set(first "")
  endif()
  set(${out} "${head}${second}${first}${tail}" PARENT_SCOPE)
endfunction()

# expect_hint(<command> <arguments in front> <keyword>): the call with the misspelt keyword behind the arguments names
# the keyword.
function(expect_hint command arguments keyword)
  misspell(word "${keyword}")
  configure("-DCALL=${command}(${arguments} ${word} 1)")
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  set_property(GLOBAL PROPERTY case_failed_step "")
  if(NOT flat MATCHES "${command}: [^']*'${word}'[^']*The nearest keyword is ${keyword}[.]")
    string(APPEND gaps "\n${command}(${arguments} ${word} 1):\n${output}")
    set(gaps "${gaps}" PARENT_SCOPE)
  endif()
endfunction()

# The commands with their modules, what they need, and the keywords that take several values, each with one value.
set(calls
    "ebpf_add_program|EbpfAddProgram|name|SOURCES prog.bpf.c,TYPES task_struct,COMPILE_OPTIONS -Wall,COMPILE_DEFINITIONS A,INCLUDE_DIRECTORIES ."
    "ebpf_generate_bindings|EbpfGenerateBindings|name|TYPES task_struct,FIELDS task_struct.pid,BTFS a.btf,HEADERS linux/in.h,INCLUDE_DIRECTORIES .,OPTIONS -DA"
    "ebpf_export_types|EbpfExportTypes|name|TYPES task_struct,BTFS a.btf,HEADERS linux/in.h,INCLUDE_DIRECTORIES .,OPTIONS -DA"
    "ebpf_add_skeleton|EbpfAddSkeleton|name PROGRAM prog|TYPES event,SHARED_HEADERS prog.bpf.c"
    "ebpf_embed_btf|EbpfEmbedBtf|name|PROGRAMS prog,BTFS a.btf,FILTER x"
    "ebpf_add_load_test|EbpfAddLoadTest|name|PROGRAMS prog,KERNELS host,OPTIONAL f,REQUIRES_KERNEL_BTF f,KERNEL_ARGUMENTS quiet,ONE_OF f g,EXPECT_FAIL host f x"
    "ebpf_add_vm_test|EbpfAddVmTest|name|COMMAND prog,KERNELS host,FILES prog.bpf.c,ENVIRONMENT A=1,KERNEL_ARGUMENTS quiet"
    "ebpf_verifier_budget|EbpfVerifierBudget|prog|")
set(gaps "")
foreach(call IN LISTS calls)
  string(REPLACE "|" ";" call "${call}")
  list(POP_FRONT call command module needed lists)
  string(REPLACE "," ";" lists "${lists}")
  file(READ "${KIT_DIR}/modules/${module}.cmake" text)
  string(REGEX MATCHALL "\n  ${command}\\(<[^\n]*(\n    [^\n]*)*" synopses "${text}")
  string(REGEX MATCHALL "[A-Z][A-Z_]+" keywords "${synopses}")
  list(REMOVE_DUPLICATES keywords)
  list(REMOVE_ITEM keywords CXX RUST)
  list(LENGTH keywords count)
  if(count LESS 3)
    message(FATAL_ERROR "The synopsis of ${command} has the keywords '${keywords}' only.")
  endif()
  # Each keyword as the first one, and then behind the values of another one.
  foreach(keyword IN LISTS keywords)
    expect_hint(${command} "${needed}" ${keyword})
  endforeach()
  list(GET keywords -1 keyword)
  foreach(arguments IN LISTS lists)
    expect_hint(${command} "${needed} ${arguments}" ${keyword})
  endforeach()
endforeach()
if(gaps)
  message(FATAL_ERROR "Messages that do not name the right keyword:${gaps}")
endif()
