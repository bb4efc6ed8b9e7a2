set(program "${build_dir}/kernel-watch")
find_program(READELF NAMES llvm-readelf readelf REQUIRED)
run("${READELF}" -h -l "${program}")
expect_output("${MACHINE}")
expect_output("${BYTE_ORDER} endian")
expect_no_output("INTERP")
# No trace of this machine: its C library, its directories.
file(STRINGS "${program}" found REGEX "GLIBC_|${WORK_DIR}|${PREFIX}|${SYSROOT_CACHE}")
if(found)
  message(FATAL_ERROR "'${program}' contains ${found}")
endif()

# The programs are for the target.
run("${READELF}" -h "${build_dir}/packets.bpf.o")
expect_output("${BYTE_ORDER} endian")

file(SIZE "${program}" size)
message(STATUS "kernel-watch for ${TARGET}: ${size} bytes")
if(size GREATER ${MOST_BYTES})
  message(FATAL_ERROR "kernel-watch for ${TARGET} has ${size} bytes, more than ${MOST_BYTES}.")
endif()

# The sizes that docs/routers.md promises, of a loader with BTF of ten kernels.
# That for aarch64 is built with EBPFKIT_OPTIMIZE_SIZE.
if("${TARGET}" MATCHES "^(aarch64|x86_64)$")
  set(loader "${build_dir}/loader_size/loader")
  set(most_bytes 430000)
  if("${TARGET}" STREQUAL "aarch64")
    set(most_bytes 380000)
  endif()
  # libbpf and the C++ library of newer systems are larger.
  file(GLOB compiler "${build_dir}/CMakeFiles/*/CMakeCXXCompiler.cmake")
  include("${compiler}")
  if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 15)
    math(EXPR most_bytes "${most_bytes} + 30000")
  endif()
  file(SIZE "${loader}" size)
  message(STATUS "the loader for ${TARGET}: ${size} bytes")
  if(size GREATER most_bytes)
    message(FATAL_ERROR "The loader for ${TARGET} has ${size} bytes, more than ${most_bytes}.")
  endif()
  file(READ "${build_dir}/loader_size/ebpf/ten_kernels/ten_kernels.btf.json" report)
  string(JSON kernels GET "${report}" kernel_count)
  string(JSON layouts GET "${report}" blob_count)
  if(NOT "${kernels} ${layouts}" STREQUAL "10 2")
    message(FATAL_ERROR "The loader has ${kernels} kernels of ${layouts} layouts, not 10 of 2.")
  endif()
  file(STRINGS "${loader}" found REGEX "GLIBC_|${WORK_DIR}|${PREFIX}|${SYSROOT_CACHE}")
  if(found)
    message(FATAL_ERROR "'${loader}' contains ${found}")
  endif()
endif()
if("${TARGET}" STREQUAL "aarch64")
  # EBPFKIT_OPTIMIZE_SIZE takes the libraries for it.
  run("${PREFIX}/bin/ebpfkit" size "${loader}")
  expect_output("link-time optimised code")
  expect_no_output("libbpf.a")
endif()

# Under an emulator the tests are those that load nothing.
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
if(NOT processor STREQUAL TARGET)
  find_program(EMULATOR NAMES qemu-${EMULATED_CPU} qemu-${EMULATED_CPU}-static)
  if(NOT EMULATOR)
    skip("no qemu-${EMULATED_CPU}")
  endif()
endif()
run("${CMAKE_CTEST_COMMAND}" --test-dir "${build_dir}" --output-on-failure --verbose)
expect_output("built for this one")
if(processor STREQUAL TARGET)
  execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT user EQUAL 0)
    skip("the self-test needs root")
  endif()
  expect_output("figures agree")
  run("${loader}")
  expect_output("100 in the ring buffer, 100 in the map")
endif()

# A kernel of that CPU, in a virtual machine, with real events.
if("${TARGET}" STREQUAL "aarch64")
  find_program(QEMU_SYSTEM qemu-system-aarch64)
  if(NOT QEMU_SYSTEM)
    skip("no qemu-system-aarch64")
  endif()
  set(guest "${WORK_DIR}/ebpfkit-guest")
  set(installed "${PREFIX}/share/ebpfkit")
  run("${CMAKE_COMMAND}"
      "-DSOURCE=${installed}/src/guest"
      "-DTOOLCHAIN=${installed}/modules/toolchains/openwrt-aarch64.cmake"
      "-DTOOL=${PREFIX}/bin/ebpfkit"
      "-DCACHE=${SYSROOT_CACHE}"
      -DCPU=arm64
      "-DOUTPUT=${guest}"
      -P
      "${installed}/modules/detail/build_guest.cmake")
  run("${PREFIX}/bin/ebpfkit" vm-test --cache "${SYSROOT_CACHE}" --fetch "--guest=arm64=${guest}"
      --kernel debian/6.12/arm64 --cpus 2 "${program}" -- --self-test)
  expect_output("figures agree")
endif()
