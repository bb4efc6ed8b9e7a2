file(READ "${build_dir}/tool" tool)
file(READ "${build_dir}/programs" programs)

# loaded_bytes(<program> <out>): the sum of the sections that a program loads from its file, as readelf tells.
function(loaded_bytes program out)
  run(env LC_ALL=C readelf -SW "${program}")
  # A list of CMake does not end an element behind a lone bracket.
  string(REPLACE "[" "<" output "${output}")
  string(REPLACE "]" ">" output "${output}")
  string(REGEX MATCHALL "> [^\n]*" lines "${output}")
  set(sum 0)
  foreach(line IN LISTS lines)
    # > name type address offset size entry-size flags
    if(line MATCHES
       "^> [^ ]+ +([^ ]+) +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+ +[A-Zop]*A[A-Zop]* "
       AND NOT CMAKE_MATCH_1 STREQUAL "NOBITS")
      math(EXPR sum "${sum} + 0x${CMAKE_MATCH_2}")
    endif()
  endforeach()
  set(${out} ${sum} PARENT_SCOPE)
endfunction()

foreach(program IN LISTS programs)
  set(file "${build_dir}/${program}")
  run("${tool}" size "${file}" --json)
  set(json "${output}")
  loaded_bytes("${file}" expected)
  string(JSON loaded GET "${json}" loaded bytes)
  if(NOT loaded EQUAL expected OR expected LESS 500)
    message(FATAL_ERROR "${program}: ${loaded} bytes, but readelf says ${expected}.")
  endif()
  string(JSON last LENGTH "${json}" libraries)
  math(EXPR last "${last} - 1")
  set(sum 0)
  set(part 0)
  set(zero 0)
  set(object "")
  foreach(i RANGE ${last})
    string(JSON bytes GET "${json}" libraries ${i} bytes)
    string(JSON name GET "${json}" libraries ${i} name)
    math(EXPR sum "${sum} + ${bytes}")
    if(name STREQUAL "libpart.a")
      set(part "${bytes}")
      string(JSON zero GET "${json}" libraries ${i} zero_bytes)
      string(JSON object GET "${json}" libraries ${i} objects 0 name)
    endif()
  endforeach()
  if(NOT sum EQUAL loaded)
    message(FATAL_ERROR "${program}: the libraries have ${sum} bytes, not ${loaded}.")
  endif()
  if(part LESS 310 OR zero LESS 400 OR NOT object STREQUAL "part.c.o")
    message(FATAL_ERROR "${program}: wrong figures of libpart.a:\n${json}")
  endif()
  run("${tool}" size "${file}")
  expect_output("libpart.a(part.c.o)")
endforeach()

foreach(linker bfd lld)
  if("${linker}_larger" IN_LIST programs)
    run("${tool}" size "${build_dir}/${linker}_larger" --against "${build_dir}/${linker}_dynamic"
        --json)
    string(JSON object GET "${output}" libraries 0 objects 0 name)
    string(JSON before GET "${output}" libraries 0 objects 0 before bytes)
    string(JSON after GET "${output}" libraries 0 objects 0 after bytes)
    math(EXPR added "${after} - ${before}")
    # The two programs have main.c.o in directories of their own.
    if(NOT object MATCHES "larger.dir/main.c.o" OR added LESS 4000)
      message(FATAL_ERROR "${linker}: wrong changes:\n${output}")
    endif()
    # `strip` does not make the map wrong.
    run(strip "${build_dir}/${linker}_dynamic")
    run("${tool}" size "${build_dir}/${linker}_dynamic")
    expect_output("libpart.a(part.c.o)")
    # A map of another link.
    execute_process(
      COMMAND "${tool}" size "${build_dir}/${linker}_dynamic" --map
              "${build_dir}/${linker}_larger.map"
      RESULT_VARIABLE result
      OUTPUT_VARIABLE output
      ERROR_VARIABLE output)
    set(expected_texts "this map is not of '${build_dir}/${linker}_dynamic'")
    expect_failure("a map of another link")
  endif()
endforeach()

if(NOT "lld_dynamic" IN_LIST programs)
  skip("there is no ld.lld")
endif()
