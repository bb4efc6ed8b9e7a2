# Builds the program for virtual machines unless the cache has it, and copies it to OUTPUT. A script, because a test
# calls it: cmake -DSOURCE= -DTOOLCHAIN= -DTOOL= -DCACHE= -DCPU= -DOUTPUT= -P build_guest.cmake
cmake_minimum_required(VERSION 3.25)

# The program depends on these files. What the sysroot is made of is in the sysroot's own digest.
file(GLOB files "${SOURCE}/*.cpp" "${SOURCE}/*.hpp" "${SOURCE}/CMakeLists.txt"
     "${CMAKE_CURRENT_LIST_DIR}/build_guest.cmake")
list(SORT files)
set(digests "")
foreach(file IN LISTS files)
  file(SHA256 "${file}" digest)
  string(APPEND digests "${digest}\n")
endforeach()
string(SHA256 digest "${digests}")
string(SUBSTRING "${digest}" 0 16 digest)
set(directory "${CACHE}/guest/${CPU}-${digest}")
set(program "${directory}/ebpfkit-guest")

file(MAKE_DIRECTORY "${CACHE}/locks")
file(LOCK "${CACHE}/locks/guest-${CPU}" GUARD PROCESS)
if(NOT EXISTS "${program}")
  # An SDK in the environment may be for another CPU, so only clang with the sysroot is used.
  set(environment
      --unset=OPENWRT_SDK --unset=OE_CMAKE_TOOLCHAIN_FILE --unset=CFLAGS --unset=CXXFLAGS
      --unset=LDFLAGS --unset=CC --unset=CXX "EBPFKIT_CACHE_DIR=${CACHE}")
  find_program(NINJA NAMES ninja ninja-build)
  set(generator "")
  if(NINJA)
    set(generator -G Ninja "-DCMAKE_MAKE_PROGRAM=${NINJA}")
  endif()
  set(build "${directory}.build")
  file(REMOVE_RECURSE "${build}")
  foreach(step configure build)
    if(step STREQUAL "configure")
      set(command -S "${SOURCE}" -B "${build}" ${generator} "-DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}"
                  "-DEBPFKIT_TOOL=${TOOL}" -DEBPFKIT_MUSL_GCC=OFF -DCMAKE_BUILD_TYPE=MinSizeRel)
    else()
      set(command --build "${build}" --parallel)
    endif()
    execute_process(
      COMMAND "${CMAKE_COMMAND}" -E env ${environment} "${CMAKE_COMMAND}" ${command}
      RESULT_VARIABLE result
      OUTPUT_VARIABLE output
      ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
      message(
        FATAL_ERROR
          "EbpfKit: the program for virtual machines with ${CPU} cannot be built (${step}), see below.\n"
          "  Mend that, or name a ready one: -DEBPFKIT_GUEST_<CPU>=<file>\n${output}")
    endif()
  endforeach()
  file(MAKE_DIRECTORY "${directory}")
  file(RENAME "${build}/ebpfkit-guest" "${program}")
  file(REMOVE_RECURSE "${build}")
endif()
cmake_path(GET OUTPUT PARENT_PATH output_directory)
file(MAKE_DIRECTORY "${output_directory}")
file(COPY_FILE "${program}" "${OUTPUT}.new")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
