# Each program is wrong in its own way. verbose-load tells the kind of the error on each kernel.
# EBPFKIT_ALL_KERNELS=1 in the environment: on two more kernels.

# expect_told(<text>): requires the text in `output`, however its lines are broken.
function(expect_told text)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  string(FIND "${flat}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The output lacks '${text}':\n${output}")
  endif()
endfunction()

# expect_refusal(): requires that the last step failed, as it does when a program is refused.
function(expect_refusal)
  set_property(GLOBAL PROPERTY case_failed_step "")
  if(result EQUAL 0)
    message(FATAL_ERROR "The exit status is 0:\n${output}")
  endif()
endfunction()

# Kinds that are the same on every kernel.
set(kinds
    rejected.loads=loaded
    rejected.null_pointer=possibly_null
    rejected.scalar_as_pointer=scalar_as_pointer
    rejected.pointer_access=pointer_access
    rejected.pointer_arithmetic=pointer_arithmetic
    rejected.pointer_sum=pointer_arithmetic
    rejected.memory_bounds=memory_bounds
    rejected.index_not_checked=memory_bounds
    rejected.packet_bounds=packet_bounds
    rejected.stack_overflow=stack_bounds
    rejected.stack_of_functions=stack_depth
    rejected.too_many_jumps=too_complex
    rejected.infinite_loop=endless_loop
    rejected.unknown_helper=unknown_helper
    rejected.uninitialised_register=uninitialised
    rejected.unreleased_reference=unreleased_reference
    rejected.lock_held=lock_held
    rejected.call_under_lock=lock_held
    rejected.unreachable_code=unreachable_code
    rejected.read_only_memory=read_only_memory
    rejected.argument=argument
    rejected.argument_size=size_argument
    rejected.map_type=map_type
    rejected.misaligned_access=misaligned_access
    rejected.unknown_instruction=unknown_instruction
    rejected.helper_not_allowed=helper_not_allowed
    rejected.missing_field=missing_field
    rejected.return_value=return_value
    rejected.return_unknown=return_value
    rejected.sleeps=sleep_or_rcu
    rejected.attach_target=attach_target
    rejected.context_access=context_access
    rejected.context_changed=context_access
    rejected.section_name=section_name
    missing.kernel_symbol=kernel_symbol
    licence.licence=licence
    memory.memory_limit=memory_limit
    definition.map_definition=map_definition
    operations.watch=loaded
    large.too_many_instructions=too_complex
    asked.header_options=packet_bounds
    asked.half_checked=packet_bounds
    asked.stale_packet=scalar_as_pointer
    asked.released_record=scalar_as_pointer
    asked.reserved_size=size_argument
    asked.small_key=size_argument
    asked.one_too_far=memory_bounds
    asked.signed_index=pointer_arithmetic
    asked.copied_too_much=memory_bounds
    asked.tail_call_map=tail_call
    asked.stack_index=stack_bounds)
# Kernel functions and sleepable programs came later.
set(old_kinds ${kinds} rejected.uninitialised_stack=uninitialised
              functions.function_null=kernel_symbol functions.function_reference=kernel_symbol)
set(new_kinds
    ${kinds}
    rejected.dynptr=dynptr_or_iterator
    functions.function_not_allowed=kernel_function_not_allowed
    functions.function_null=possibly_null
    functions.function_argument=kernel_function_argument
    functions.function_reference=unreleased_reference
    functions.rcu_held=sleep_or_rcu
    functions.sleeps_under_rcu=sleep_or_rcu)

# expect_kinds(<kernel> <program>=<kind>...): reads the table in `output`.
function(expect_kinds kernel)
  foreach(pair IN LISTS ARGN)
    string(REGEX MATCH "^(.*)=(.*)$" unused "${pair}")
    set(program "${CMAKE_MATCH_1}")
    set(kind "${CMAKE_MATCH_2}")
    string(REGEX MATCH "\n${program} +[a-z_-]+ +([a-z_]+) " unused "${output}")
    if(NOT CMAKE_MATCH_1 STREQUAL kind)
      message(FATAL_ERROR "${kernel}: ${program} is '${CMAKE_MATCH_1}' and should be '${kind}':\n"
                          "${output}")
    endif()
  endforeach()
endfunction()

# The whole text for one program, as a person sees it.
function(expect_explanation)
  expect_told("cause: R0 invalid mem access 'map_value_or_null'")
  expect_told("kind: a pointer that may be NULL (possibly_null)")
  expect_told("rejected.bpf.c:50")
  expect_told("> 50 | return *value;")
  expect_told("latest values: R0")
  expect_told("in long* value = bpf_map_lookup_elem(&counts, &key); (rejected.bpf.c:49)")
  expect_told("Write `if (!pointer) return 0;` between the call and the first use.")
  expect_told("rejected.null_pointer.log")
  expect_told("that is, byte 0 of the value of")
  # Linux 5.10 shows few states.
  if(NOT "${kernel}" MATCHES "/5[.]10/")
    expect_told("or NULL: not compared yet")
  endif()
  # What took the lock that is still held.
  expect_told("what took the lock from")
  expect_told("in bpf_spin_lock(&value->lock); (rejected.bpf.c:176)")
  # What SEC() names, and the license, have their lines.
  expect_told("SEC(\"fentry/")
endfunction()

# Figures in plain words, on every kernel: see asked.bpf.c and the map of definition.bpf.c.
function(expect_plain_words)
  expect_told(
    "The program accesses byte 23 of the packet, and has compared the first 14 bytes with")
  expect_told("Since then nothing was compared with data_end.")
  expect_told(
    "call bpf_xdp_adjust_head#44 in if (bpf_xdp_adjust_head(context, -4)) (asked.bpf.c:65)")
  expect_told("call bpf_ringbuf_submit#132 in bpf_ringbuf_submit(event, 0); (asked.bpf.c:77)")
  expect_told("After that call, read data and data_end from the context again")
  expect_told("The program accesses the bytes 128 to 135. The memory has the bytes 0 to 127.")
  expect_told("of the stack, which has the bytes -512 to -1.")
  expect_told("The helper accesses the bytes 0 to 127. The memory has the bytes 0 to 63.")
  expect_told("that is, a number from 1 to 128")
  # What the object lacks is told once for all its programs, or which function it may not call.
  if(kernel MATCHES "/(5.10|6.1)/")
    expect_told(
      "the same for: function_null, function_argument, function_reference, rcu_held, sleeps_under_rcu"
    )
    expect_told("> 39 | bpf_rcu_read_lock();")
    expect_told("The object calls 4 functions of the kernel that it declares without __weak")
    expect_told("bpf_task_acquire() (functions.bpf.c:22), bpf_rcu_read_lock() (functions.bpf.c:39)")
  else()
    expect_told("bpf_xdp_metadata_rx_hash()")
    expect_told("> 17 | return bpf_xdp_metadata_rx_hash((void*)packet, &hash, &type);")
  endif()
  # The remedy fits the case.
  expect_told("The check of the index lets one element too many through")
  expect_told("limit it just before the call: `if (size > 64) return 0;`")
  expect_told("Declare a map with `__uint(type, BPF_MAP_TYPE_PROG_ARRAY);`")
  expect_told("bpf_probe_read_user() in its place")
  expect_told("The program writes the bytes 0 to 3 of memory that it may only read.")
  expect_told("which is declared const: rejected.bpf.c:39, const volatile int limit = 1;")
  expect_told("Bytes of stack: 304 of the program itself, and 304 of the function that it calls.")
  expect_told("reserve the largest size, or use bpf_ringbuf_output()")
  expect_told("7 | __uint(type, BPF_MAP_TYPE_LPM_TRIE);")
  expect_told("> 11 | } networks SEC(\".maps\")")
  # The verifier does not tell where it was when it had enough: the only loop.
  expect_told("> 11 | for (int i = 0; i < 1000000; i++)")
endfunction()

set(kernels debian/5.10/amd64 debian/6.1/amd64)
if("$ENV{EBPFKIT_ALL_KERNELS}")
  list(APPEND kernels debian/6.12/amd64 debian/7.0/amd64)
endif()
foreach(kernel IN LISTS kernels)
  set(ENV{KERNEL} "${kernel}")
  build(--target verbose-load)
  expect_refusal()
  expect_told("${kernel} (Linux ")
  if(kernel MATCHES "/(5.10|6.1)/")
    expect_kinds("${kernel}" ${old_kinds})
  else()
    expect_kinds("${kernel}" ${new_kinds})
  endif()
  expect_explanation()
  expect_plain_words()
  if(NOT EXISTS "${build_dir}/ebpf/verifier-logs")
    message(FATAL_ERROR "There are no logs.")
  endif()
endforeach()
unset(ENV{KERNEL})

# The command itself: JSON, and errors.
set(tool "${PREFIX}/bin/ebpfkit" inspect verbose-load)
try(${tool} --kernel debian/6.1/amd64 "${build_dir}/licence.bpf.o" "${build_dir}/asked.bpf.o"
    --json)
expect_refusal()
string(JSON version GET "${output}" version)
string(JSON kind GET "${output}" programs 0 explanation kind)
if(NOT "${version} ${kind}" STREQUAL "1 licence")
  message(FATAL_ERROR "The document is wrong: ${output}")
endif()
# Where a hint says all, the remedy of the kind does not fit.
string(JSON last LENGTH "${output}" programs)
math(EXPR last "${last} - 1")
set(found FALSE)
foreach(i RANGE ${last})
  string(JSON program GET "${output}" programs ${i} program)
  if(program STREQUAL "stale_packet")
    string(JSON hint GET "${output}" programs ${i} explanation hint)
    string(JSON remedy GET "${output}" programs ${i} explanation remedy)
    string(FIND "${hint}" "read data and data_end from the context again" position)
    if(position EQUAL -1 OR NOT remedy STREQUAL "")
      message(FATAL_ERROR "stale_packet: '${hint}' '${remedy}'")
    endif()
    set(found TRUE)
  endif()
endforeach()
if(NOT found)
  message(FATAL_ERROR "There is no stale_packet in ${output}")
endif()
include("${KIT_DIR}/tests/detail/documents.cmake")
file(WRITE "${build_dir}/verbose-load.json" "${output}")
expect_document("${build_dir}/verbose-load.json" "${KIT_DIR}/docs/json.md")
try(${tool})
expect_refusal()
expect_told("verbose-load: there is no object to load")
try(${tool} --kernel debian/1.0/amd64 "${build_dir}/licence.bpf.o")
expect_refusal()
expect_told("debian/1.0/amd64")
try(${tool} "${build_dir}/CMakeCache.txt")
expect_refusal()
expect_told("CMakeCache.txt")

# What a kernel lacks can be told without loading.
if(EXISTS /sys/kernel/btf/vmlinux)
  run("${PREFIX}/bin/ebpfkit" explain "${build_dir}/missing.bpf.o")
  expect_told("it lacks: kernel function 'bpf_no_such_function' (__ksym)")
  run("${PREFIX}/bin/ebpfkit" explain "${build_dir}/rejected.bpf.o")
  expect_told("it lacks: the hook of program 'attach_target', SEC(\"fentry/no_such_function\")")
endif()

# On the running kernel, where root may load.
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(user STREQUAL "0")
  build(--target verbose-load-rejected)
  expect_refusal()
  expect_told("The running kernel (Linux ")
  set(here "${kinds}")
  list(FILTER here INCLUDE REGEX "^rejected\\.(loads|null_pointer|packet_bounds|stack_overflow)=")
  expect_kinds("the running kernel" ${here})
  expect_explanation()
  # The log that is kept tells how often the verifier came to each block.
  run("${PREFIX}/bin/ebpfkit" inspect visualize "${build_dir}/rejected.bpf.o" --function
      null_pointer --format dot --visits "${build_dir}/ebpf/verifier-logs" --output
      "${build_dir}/visited")
  file(READ "${build_dir}/visited/rejected.null_pointer.dot" picture)
  if(NOT picture MATCHES "verifier&#160;visits:&#160;1<")
    message(FATAL_ERROR "The picture lacks the visits:\n${picture}")
  endif()
  try(${tool} "${build_dir}/operations.bpf.o")
  expect_refusal()
  expect_kinds("the running kernel" operations.watch=loaded)
  # Without the kernel's BTF, and without rights.
  find_program(CMAKE_UNSHARE unshare)
  find_program(CMAKE_SETPRIV setpriv)
  if(CMAKE_UNSHARE AND CMAKE_SETPRIV AND EXISTS /sys/kernel/btf)
    file(MAKE_DIRECTORY "${build_dir}/empty")
    try("${CMAKE_UNSHARE}" -m sh -c "mount --bind \"$1\" /sys/kernel/btf && shift && exec \"$@\""
        sh "${build_dir}/empty" ${tool} "${build_dir}/tracing.bpf.o")
    expect_refusal()
    expect_kinds("no BTF" tracing.missing_btf=missing_btf)
    expect_told(
      "Programs of the kinds fentry, LSM, tp_btf and struct_ops need the kernel's own BTF")
    try("${CMAKE_SETPRIV}" --inh-caps=-all --bounding-set=-all ${tool} "${build_dir}/licence.bpf.o")
    expect_refusal()
    expect_kinds("no rights" licence.licence=permission)
    expect_told("Run as root or with these capabilities")
    expect_told("cause: Error in bpf_object__probe_loading():Operation not permitted")
  endif()
endif()
