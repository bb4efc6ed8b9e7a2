# Finds a compiler for a target. A toolchain file is read before project(), so this uses nothing of EbpfKit.cmake
# but the names of packages.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/EbpfHostTool.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/EbpfPackages.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/EbpfArchitectures.cmake")

# _ebpf_find_target_compiler(<target>)
#
# Finds the compiler of the target and makes its libraries. Sets in the caller's scope:
# EBPFKIT_TARGET_COMPILER: openwrt, yocto, gcc or clang, see EbpfToolchain.cmake.
# EBPFKIT_TARGET_C_COMPILER, EBPFKIT_TARGET_CXX_COMPILER: the programs. Empty with yocto, whose own toolchain
#   file sets them.
# EBPFKIT_TARGET_SYSROOT: the directory of `ebpfkit sysroot`. With clang it has everything for the target, else
#   libbpf, libelf and zlib.
# EBPFKIT_TARGET_STAGING_DIR: what OpenWrt's compiler wants to have in the environment; else empty.
function(_ebpf_find_target_compiler target)
  _ebpf_find_target(target "${target}")
  set(staging "")
  _ebpf_openwrt_compiler(compiler staging)
  if(compiler)
    set(kind openwrt)
  elseif(NOT "$ENV{OECORE_TARGET_SYSROOT}" STREQUAL "")
    set(kind yocto)
    _ebpf_yocto_compiler(compiler)
  else()
    _ebpf_musl_gcc(compiler)
    if(compiler)
      set(kind gcc)
    else()
      set(kind clang)
      _ebpf_cross_clang(compiler)
    endif()
  endif()

  list(GET compiler 0 program)
  _ebpf_check_same_compiler("${kind} ${program}")

  _ebpf_host_tool(tool)
  if(kind STREQUAL "clang")
    _ebpf_build_sysroot(sysroot "${tool}" --clang "${compiler}")
    _ebpf_write_clang_for_target(compiler "${compiler}" "${sysroot}")
  else()
    # A Yocto SDK has options behind the program.
    list(POP_FRONT compiler)
    list(TRANSFORM compiler PREPEND "--compiler-option=")
    _ebpf_build_sysroot(sysroot "${tool}" --compiler "${program}" ${compiler})
    set(compiler "${program}")
  endif()

  set(_EBPFKIT_TARGET_CHOICE "${kind} ${program}" CACHE INTERNAL "compiler of the toolchain file")
  set(EBPFKIT_TARGET_COMPILER "${kind}" PARENT_SCOPE)
  _ebpf_cxx_compiler_beside(cxx_compiler "${compiler}")
  if(kind STREQUAL "yocto")
    set(compiler "")
    set(cxx_compiler "")
  endif()
  set(EBPFKIT_TARGET_C_COMPILER "${compiler}" PARENT_SCOPE)
  set(EBPFKIT_TARGET_CXX_COMPILER "${cxx_compiler}" PARENT_SCOPE)
  set(EBPFKIT_TARGET_SYSROOT "${sysroot}" PARENT_SCOPE)
  set(EBPFKIT_TARGET_STAGING_DIR "${staging}" PARENT_SCOPE)
endfunction()

# _ebpf_check_same_compiler(<choice>)
#
# Fatal when the build directory was configured with another compiler. CMake configures again by itself when a
# CMakeLists.txt has changed, perhaps in a shell with another environment, and goes on with the compiler that it
# knows.
function(_ebpf_check_same_compiler choice)
  set(before "$CACHE{_EBPFKIT_TARGET_CHOICE}")
  if(before AND NOT before STREQUAL choice)
    message(
      FATAL_ERROR
        "EbpfKit: '${CMAKE_BINARY_DIR}' was configured with the compiler '${before}', and now the toolchain file chooses '${choice}'.\n"
        "  Use the same environment (OPENWRT_SDK, PATH, a Yocto SDK's script), another build directory, or cmake --fresh."
    )
  endif()
endfunction()

# _ebpf_openwrt_compiler(<compiler-out> <staging-out>)
#
# Sets <compiler-out> to the C compiler in the OpenWrt SDK that OPENWRT_SDK names (a variable of CMake or of the
# environment), and <staging-out> to its staging_dir. Without OPENWRT_SDK both are empty. An SDK has one
# toolchain, for one CPU. Reads target_*.
function(_ebpf_openwrt_compiler compiler_out staging_out)
  set(${compiler_out} "" PARENT_SCOPE)
  set(${staging_out} "" PARENT_SCOPE)
  set(sdk "${OPENWRT_SDK}")
  if(sdk STREQUAL "")
    set(sdk "$ENV{OPENWRT_SDK}")
  endif()
  if(sdk STREQUAL "")
    return()
  endif()
  cmake_path(ABSOLUTE_PATH sdk NORMALIZE)
  string(REGEX REPLACE "/$" "" sdk "${sdk}")
  file(GLOB compilers "${sdk}/staging_dir/toolchain-*/bin/*-openwrt-linux-musl*-gcc")
  # 32-bit ARM has the suffix gnueabi. Tools such as <triple>-gcc-ar do not end with -gcc.
  list(FILTER compilers INCLUDE REGEX "/[^/-]+-openwrt-linux-musl[a-z]*-gcc$")
  list(LENGTH compilers count)
  if(count EQUAL 0)
    message(
      FATAL_ERROR
        "EbpfKit: OPENWRT_SDK='${sdk}' has no compiler staging_dir/toolchain-*/bin/*-openwrt-linux-musl*-gcc.\n"
        "  Name the directory of an unpacked OpenWrt SDK or of a built OpenWrt tree, or leave OPENWRT_SDK empty."
    )
  elseif(count GREATER 1)
    list(JOIN compilers "\n    " listed)
    message(
      FATAL_ERROR
        "EbpfKit: OPENWRT_SDK='${sdk}' has ${count} compilers:\n    ${listed}\n"
        "  Use an SDK of one target: remove the toolchains in its staging_dir that you do not need."
    )
  endif()
  cmake_path(GET compilers FILENAME name)
  if(NOT name STREQUAL "${target_OPENWRT}-gcc")
    message(
      FATAL_ERROR
        "EbpfKit: OPENWRT_SDK='${sdk}' is for another CPU: its compiler is ${name}, and the target ${target_NAME} needs ${target_OPENWRT}-gcc.\n"
        "  Choose the preset or the toolchain file for the SDK's CPU, or name another SDK.")
  endif()
  # For the next configure run, which may have another environment.
  set(OPENWRT_SDK "${sdk}" CACHE PATH "OpenWrt SDK whose compiler is used")
  set(${compiler_out} "${compilers}" PARENT_SCOPE)
  set(${staging_out} "${sdk}/staging_dir" PARENT_SCOPE)
endfunction()

# _ebpf_yocto_compiler(<out>)
#
# Sets <out> to the C compiler of the Yocto SDK whose environment script ran in this shell: a list of the program
# and its options, out of CC. Reads target_*.
function(_ebpf_yocto_compiler out)
  _ebpf_find_architecture(sdk "$ENV{OECORE_TARGET_ARCH}")
  _ebpf_find_architecture(wanted "${target_PROCESSOR}")
  if(NOT sdk_NAME STREQUAL wanted_NAME)
    message(
      FATAL_ERROR
        "EbpfKit: the environment is that of a Yocto SDK for another CPU: OECORE_TARGET_ARCH is '$ENV{OECORE_TARGET_ARCH}', and the target is ${target_NAME}.\n"
        "  Choose the toolchain file for the SDK's CPU, or use a shell without that environment.")
  elseif("$ENV{CC}" STREQUAL "" OR NOT EXISTS "$ENV{OE_CMAKE_TOOLCHAIN_FILE}")
    message(
      FATAL_ERROR
        "EbpfKit: OECORE_TARGET_SYSROOT is set, but CC='$ENV{CC}' and OE_CMAKE_TOOLCHAIN_FILE='$ENV{OE_CMAKE_TOOLCHAIN_FILE}' name no compiler and no toolchain file.\n"
        "  Source the environment script of a Yocto SDK with the CMake packages (environment-setup-*), or unset OECORE_TARGET_SYSROOT."
    )
  endif()
  separate_arguments(compiler UNIX_COMMAND "$ENV{CC}")
  set(${out} "${compiler}" PARENT_SCOPE)
endfunction()

# _ebpf_musl_gcc(<out>)
#
# Sets <out> to the musl GCC of the target: EBPFKIT_MUSL_GCC, else <triple>-gcc on PATH when its C++ compiler is
# there too (Debian's musl-tools has no C++). Empty when there is none, or when EBPFKIT_MUSL_GCC is OFF. Reads
# target_*.
function(_ebpf_musl_gcc out)
  set(${out} "" PARENT_SCOPE)
  if(DEFINED EBPFKIT_MUSL_GCC AND NOT EBPFKIT_MUSL_GCC STREQUAL "")
    if(EXISTS "${EBPFKIT_MUSL_GCC}" AND NOT IS_DIRECTORY "${EBPFKIT_MUSL_GCC}")
      set(${out} "${EBPFKIT_MUSL_GCC}" PARENT_SCOPE)
    elseif(EBPFKIT_MUSL_GCC)
      message(
        FATAL_ERROR "EbpfKit: EBPFKIT_MUSL_GCC='${EBPFKIT_MUSL_GCC}': there is no such file.\n"
                    "  Name the C compiler of a musl GCC, or OFF, or leave it empty.")
    endif()
    return()
  endif()
  # A build directory that has clang keeps it.
  if("$CACHE{_EBPFKIT_TARGET_CHOICE}" MATCHES "^clang ")
    return()
  endif()
  find_program(_ebpf_gcc NAMES "${target_TRIPLE}-gcc" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
  find_program(_ebpf_gxx NAMES "${target_TRIPLE}-g++" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
  if(_ebpf_gcc AND _ebpf_gxx)
    set(EBPFKIT_MUSL_GCC "${_ebpf_gcc}" CACHE FILEPATH "musl GCC whose programs are used, or OFF")
    set(${out} "${_ebpf_gcc}" PARENT_SCOPE)
  endif()
endfunction()

# _ebpf_cross_clang(<out>)
#
# Sets <out> to the clang that compiles for the target: EBPFKIT_CLANG, else the one on PATH. Fatal when there is
# none, or no lld beside it.
function(_ebpf_cross_clang out)
  set(names clang)
  foreach(major RANGE 30 14 -1)
    list(APPEND names clang-${major})
  endforeach()
  if(EBPFKIT_CLANG)
    set(names "${EBPFKIT_CLANG}")
  endif()
  find_program(_ebpf_clang NAMES ${names} NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
  if(NOT _ebpf_clang AND EBPFKIT_CLANG)
    message(FATAL_ERROR "EbpfKit: EBPFKIT_CLANG='${EBPFKIT_CLANG}': there is no such program.\n"
                        "  Name a clang, or leave it empty.")
  elseif(NOT _ebpf_clang)
    _ebpf_install_hint(install_hint clang lld llvm)
    message(
      FATAL_ERROR
        "EbpfKit: no compiler for the target ${target_NAME} was found: no OPENWRT_SDK, no ${target_TRIPLE}-gcc on PATH, no clang.\n${install_hint}"
    )
  endif()
  _ebpf_cxx_compiler_beside(clangxx "${_ebpf_clang}")
  execute_process(COMMAND "${_ebpf_clang}" --print-prog-name=ld.lld OUTPUT_VARIABLE linker
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  find_program(_ebpf_lld NAMES "${linker}" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
  if(NOT _ebpf_lld OR NOT EXISTS "${clangxx}")
    _ebpf_install_hint(install_hint clang lld llvm)
    message(
      FATAL_ERROR
        "EbpfKit: '${_ebpf_clang}' cannot link programs for the target ${target_NAME}: it needs clang++ and the linker ld.lld.\n${install_hint}"
    )
  endif()
  set(${out} "${_ebpf_clang}" PARENT_SCOPE)
endfunction()

# _ebpf_cxx_compiler_beside(<out> <compiler>)
#
# Sets <out> to the C++ compiler in the directory of the C compiler: aarch64-linux-musl-g++ beside
# aarch64-linux-musl-gcc, clang++-19 beside clang-19.
function(_ebpf_cxx_compiler_beside out compiler)
  cmake_path(GET compiler PARENT_PATH directory)
  cmake_path(GET compiler FILENAME name)
  if(name MATCHES "clang")
    string(REGEX REPLACE "clang([^/]*)$" "clang++\\1" name "${name}")
  else()
    string(REGEX REPLACE "gcc([^/]*)$" "g++\\1" name "${name}")
  endif()
  set(${out} "${directory}/${name}" PARENT_SCOPE)
endfunction()

# _ebpf_build_sysroot(<out> <tool> <compiler-argument>...)
#
# Has the host tool make the target's libraries, unless they are there already, and sets <out> to their
# directory. EBPFKIT_SYSROOT_SOURCES is a list of NAME=PATH: sources to use instead of those of the machine's
# package mirror. Reads target_*.
function(_ebpf_build_sysroot out tool)
  _ebpf_cache_directory(cache)
  set(sources "")
  foreach(source IN LISTS EBPFKIT_SYSROOT_SOURCES)
    list(APPEND sources --source "${source}")
  endforeach()
  # Progress goes to the terminal through standard error.
  execute_process(
    COMMAND "${tool}" sysroot build "${target_NAME}" --cache "${cache}" ${ARGN} ${sources}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE sysroot
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT result EQUAL 0 OR NOT IS_DIRECTORY "${sysroot}")
    list(JOIN ARGN " " compiler)
    list(JOIN sources " " sources)
    message(
      FATAL_ERROR
        "EbpfKit: the libraries of the target ${target_NAME} cannot be made, see above.\n"
        "  The command was: ${tool} sysroot build ${target_NAME} --cache ${cache} ${compiler} ${sources}"
    )
  endif()
  set(${out} "${sysroot}" PARENT_SCOPE)
endfunction()

# _ebpf_write_clang_for_target(<out> <clang> <sysroot>)
#
# Writes programs `clang` and `clang++` that compile and link for the target, and sets <out> to the first. Each
# runs the real one with a configuration file. So the options are a part of the compiler: users who set
# CMAKE_CXX_FLAGS do not lose them, and clang does not complain of options that a step does not use. CMake cannot
# do that with arguments behind CMAKE_C_COMPILER, because it splits them at spaces. Reads target_*.
#
# The programs lie beside the sysroots, in a directory that is named after all they depend on. A compiler cache
# knows a compiler by its file's size and time, so all build directories share what it has.
function(_ebpf_write_clang_for_target out clang sysroot)
  # A backslash before spaces and quotes belongs to the configuration file's own syntax.
  string(REGEX REPLACE "([\\\"' ])" "\\\\\\1" directory "${sysroot}")
  # Without --gcc-toolchain, clang takes the headers of a cross GCC that is installed on this machine. With
  # -stdlib=libc++ alone, it takes those of a libc++ that is installed beside clang.
  string(
    JOIN
    "\n"
    text
    "# EbpfKit made this file for the target ${target_NAME}."
    "--target=${target_TRIPLE}"
    "${target_FLAGS}"
    "--sysroot=${directory}"
    "-resource-dir=${directory}/resource"
    "--gcc-toolchain=${directory}/usr"
    "-nostdinc++"
    "-cxx-isystem"
    "${directory}/usr/include/c++/v1"
    "-stdlib=libc++"
    "-rtlib=compiler-rt"
    "-unwindlib=libunwind"
    "-fuse-ld=lld"
    "")
  _ebpf_cxx_compiler_beside(clangxx "${clang}")
  # A newer clang at the same path is another compiler.
  file(REAL_PATH "${clang}" program)
  file(SIZE "${program}" size)
  file(TIMESTAMP "${program}" time "%s" UTC)
  string(SHA256 key "${text}\n${clang}\n${clangxx}\n${size}\n${time}")
  string(SUBSTRING "${key}" 0 16 key)
  _ebpf_cache_directory(cache)
  set(bin "${cache}/compilers/${target_TRIPLE}-${key}")
  if(NOT EXISTS "${bin}")
    # Another build may make the same directory at this moment. The one that is complete first stays, because
    # rename(2) replaces no directory that has files.
    string(RANDOM LENGTH 12 suffix)
    set(new "${bin}.${suffix}.tmp")
    file(CONFIGURE OUTPUT "${new}/target.cfg" CONTENT "${text}" @ONLY)
    _ebpf_write_launcher("${new}/clang" "${clang}" --config "${bin}/target.cfg")
    _ebpf_write_launcher("${new}/clang++" "${clangxx}" --config "${bin}/target.cfg")
    file(RENAME "${new}" "${bin}" RESULT result)
    file(REMOVE_RECURSE "${new}")
    if(NOT EXISTS "${bin}/clang++")
      message(FATAL_ERROR "EbpfKit: cannot make the directory '${bin}': ${result}\n"
                          "  Choose another directory with EBPFKIT_CACHE_DIR.")
    endif()
  endif()
  set(${out} "${bin}/clang" PARENT_SCOPE)
endfunction()

# _ebpf_write_launcher(<file> <argument>...): writes a program that runs the arguments, then its own arguments.
function(_ebpf_write_launcher file)
  set(command "")
  foreach(argument IN LISTS ARGN)
    string(REPLACE "'" "'\\''" argument "${argument}")
    string(APPEND command "'${argument}' ")
  endforeach()
  file(CONFIGURE OUTPUT "${file}" CONTENT "#!/bin/sh\nexec ${command}\"$@\"\n" @ONLY)
  file(CHMOD "${file}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
       WORLD_READ WORLD_EXECUTE)
endfunction()
