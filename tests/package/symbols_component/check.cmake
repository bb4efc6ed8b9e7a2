run("${build_dir}/without")
# Only what links EbpfKit::symbols needs libdw.
find_program(READELF NAMES llvm-readelf readelf REQUIRED)
run("${READELF}" -d "${build_dir}/without")
expect_no_output("libdw")

run("${build_dir}/stacks")
foreach(
  text
  "main\\+0x[0-9a-f]+ stacks.cpp:22" "work::place_of_call\\(\\)\\+0x1 stacks.cpp:15"
  "\n[_a-z]*qsort[_a-z]*\\+0x0" "\nnone\nnone\n" "libc[^\n]*\\.so" "cannot read symbols of process"
  "The process must live while its symbols are opened")
  if(NOT output MATCHES "${text}")
    message(FATAL_ERROR "'${text}' is missing in:\n${output}")
  endif()
endforeach()

# Programs of all kinds, and such whose files are deleted, replaced or hidden.
find_program(OBJCOPY NAMES objcopy llvm-objcopy REQUIRED)
set(programs worker worker_fixed worker_stripped worker_small)
if(EXISTS "${build_dir}/worker_static")
  list(APPEND programs worker_static)
endif()
# Fedora's programs have the names of their functions in such a section (MiniDebugInfo), packed with xz.
set(mini "${build_dir}/mini")
run("${OBJCOPY}" -S --keep-symbol=program_work --keep-symbol=f "${build_dir}/worker" "${mini}")
file(ARCHIVE_CREATE OUTPUT "${mini}.xz" PATHS "${mini}" FORMAT raw COMPRESSION XZ)
run("${OBJCOPY}" -S "--add-section=.gnu_debugdata=${mini}.xz" "${build_dir}/worker"
    "${build_dir}/worker_small")

run("${build_dir}/places" "${WORK_DIR}/places" "${build_dir}" ${programs})
set(named "program_work\\+0x1, f\\+0x1, library_work\\+0x1,\n")
set(gone "${named}")
if(output MATCHES "mapped files: no")
  # The program itself can be read by all that may look at its process, a deleted library cannot.
  set(gone "program_work\\+0x1, f\\+0x1, libworker.so( .deleted.)?\\+0x[0-9a-f]+,\n")
endif()
set(lines
    "ended: ${named}"
    "deleted: ${gone}"
    "replaced: ${gone}"
    "before: none, none,\n"
    "one: Lfirst@::[?]compiled one\\+0x10 /tmp/perf-[0-9]+.map, none,\n"
    "two: third\\+0x10 /tmp/perf-[0-9]+.map, second\\+0x8 /tmp/perf-[0-9]+.map,\n"
    "of others: right\n"
    "link: none\n")
foreach(program IN LISTS programs)
  list(APPEND lines "${program}: ${named}")
endforeach()
list(REMOVE_ITEM lines "worker_stripped: ${named}")
list(APPEND lines
     "worker_stripped: worker_stripped\\+0x[0-9a-f]+, worker_stripped\\+0x[0-9a-f]+, library_work")
if(NOT output MATCHES "mounts: no")
  list(APPEND lines "mounted: ${named}" "hidden: ${gone}")
  if("worker_static" IN_LIST programs)
    list(APPEND lines "root directory: ${named}")
  endif()
endif()
foreach(line IN LISTS lines)
  if(NOT output MATCHES "(^|\n)${line}")
    message(FATAL_ERROR "'${line}' is missing in:\n${output}")
  endif()
endforeach()

set(build_dir "${WORK_DIR}/build-without-libdw")
configure(-DEBPFKIT_LIBDW_LIBRARY=/no/such/libdw.so)
set(expected_texts "EbpfKit::symbols needs libdw and libelf of elfutils, which were not found"
                   "-DEBPFKIT_LIBDW_LIBRARY=<file>")
expect_failure("configuring without libdw")
