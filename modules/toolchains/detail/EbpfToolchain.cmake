#[=[.rst:
Toolchain files for routers
---------------------------

``openwrt-<target>.cmake`` beside this directory builds static programs with musl for one CPU::

  cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=<prefix>/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake

``find_package(EbpfKit)`` then finds the EbpfKit that the file belongs to. The compiler is the first of these:

``openwrt``
  ``OPENWRT_SDK``, a variable of CMake or of the environment, names an OpenWrt SDK or a built OpenWrt tree. Its
  CPU must be that of the target.
``yocto``
  The environment script of a Yocto SDK ran in this shell. The SDK's own toolchain file stays in charge.
``gcc``
  A musl GCC on ``PATH``, ``<triple>-gcc`` (for example ``aarch64-linux-musl-gcc``), or the one that
  ``EBPFKIT_MUSL_GCC`` names. ``-DEBPFKIT_MUSL_GCC=OFF`` passes it over.
  A GCC keeps the CPU and the ABI that it was built for: MIPS routers need one for soft floating point.
``clang``
  clang and lld of this machine, with a sysroot that ``ebpfkit sysroot build`` makes once.

With clang the sysroot has musl, the kernel's headers, libc++, zlib, libelf and libbpf. With a GCC only the last
three are made. The sources come from the package mirror of this machine, or from
``EBPFKIT_SYSROOT_SOURCES``, a list of ``NAME=PATH`` (see ``ebpfkit sysroot build --help``). The results stay in
``EBPFKIT_CACHE_DIR`` (default: ``~/.cache/ebpfkit``). In a source tree of EbpfKit the host tool is built there
too, once for all build directories. ``EBPFKIT_TOOL`` names a ready one instead.

Programs of the target run under qemu-user (``CMAKE_CROSSCOMPILING_EMULATOR``) when it is installed, so ``ctest``
works. The target x86_64 needs no emulator on x86_64.
#]=]
# CMake reads a toolchain file several times in a configure run, and in each of its own tests. The values below go
# to these tests, so that only the first reading searches and builds.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/EbpfTargetCompiler.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EbpfFormerSysroot.cmake")

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EBPFKIT_TARGET_COMPILER EBPFKIT_TARGET_C_COMPILER
     EBPFKIT_TARGET_CXX_COMPILER EBPFKIT_TARGET_SYSROOT EBPFKIT_TARGET_STAGING_DIR)
if(NOT EBPFKIT_TARGET_COMPILER)
  _ebpf_find_target_compiler("${EBPFKIT_TARGET}")
  _ebpf_forget_former_sysroot("${EBPFKIT_TARGET_SYSROOT}")
endif()
_ebpf_find_target(_ebpf_target "${EBPFKIT_TARGET}")

if(EBPFKIT_TARGET_COMPILER STREQUAL "yocto")
  include("$ENV{OE_CMAKE_TOOLCHAIN_FILE}")
else()
  set(CMAKE_SYSTEM_NAME Linux)
  set(CMAKE_SYSTEM_PROCESSOR ${_ebpf_target_PROCESSOR})
  set(CMAKE_C_COMPILER "${EBPFKIT_TARGET_C_COMPILER}")
  set(CMAKE_CXX_COMPILER "${EBPFKIT_TARGET_CXX_COMPILER}")
endif()

if(EBPFKIT_TARGET_COMPILER STREQUAL "clang")
  set(CMAKE_SYSROOT "${EBPFKIT_TARGET_SYSROOT}")
  set(CMAKE_ASM_COMPILER "${EBPFKIT_TARGET_C_COMPILER}")
  foreach(_ebpf_language C CXX ASM)
    set(CMAKE_${_ebpf_language}_COMPILER_TARGET ${_ebpf_target_TRIPLE})
  endforeach()
elseif(EBPFKIT_TARGET_STAGING_DIR)
  # OpenWrt's compiler warns when STAGING_DIR is not in the environment, also in build steps. Targets without
  # the user's launchers keep this one.
  set(ENV{STAGING_DIR} "${EBPFKIT_TARGET_STAGING_DIR}")
  set(EBPFKIT_TARGET_LAUNCHER "${CMAKE_COMMAND}" -E env "STAGING_DIR=${EBPFKIT_TARGET_STAGING_DIR}")
  foreach(_ebpf_variable C_COMPILER CXX_COMPILER ASM_COMPILER C_LINKER CXX_LINKER)
    if(NOT "${CMAKE_${_ebpf_variable}_LAUNCHER}" MATCHES "STAGING_DIR=")
      list(PREPEND CMAKE_${_ebpf_variable}_LAUNCHER ${EBPFKIT_TARGET_LAUNCHER})
    endif()
  endforeach()
endif()

# The linker drops the functions and variables that nothing uses, if each has a section of its own.
foreach(_ebpf_language C CXX ASM)
  set(CMAKE_${_ebpf_language}_FLAGS_INIT "-ffunction-sections -fdata-sections")
endforeach()
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--gc-sections")
# Release builds have no symbols: the strip of this machine may not know the target.
foreach(_ebpf_configuration RELEASE MINSIZEREL)
  set(CMAKE_EXE_LINKER_FLAGS_${_ebpf_configuration}_INIT "-s")
endforeach()

# CMake reads the compiler's include directories out of what it prints. ccache may repeat what it printed in another
# directory, with paths relative to that one. This is the environment of CMake, not that of the build.
set(ENV{CCACHE_DISABLE} 1)

# Libraries and headers of this machine are not for the target. Programs are.
if(NOT EBPFKIT_TARGET_SYSROOT IN_LIST CMAKE_FIND_ROOT_PATH)
  list(APPEND CMAKE_FIND_ROOT_PATH "${EBPFKIT_TARGET_SYSROOT}")
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(_ebpf_kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${_ebpf_kind} ONLY)
endforeach()

if(NOT _ebpf_target_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR
   AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  find_program(_ebpf_emulator NAMES ${_ebpf_target_EMULATOR} ${_ebpf_target_EMULATOR}-static
                                    NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
  if(_ebpf_emulator)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${_ebpf_emulator}")
  endif()
  unset(_ebpf_emulator)
endif()

# The package that this file belongs to. Installing writes InstalledTool.cmake.
if(NOT EbpfKit_DIR AND EXISTS "${CMAKE_CURRENT_LIST_DIR}/InstalledTool.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/InstalledTool.cmake")
  set(EbpfKit_DIR "${EBPFKIT_INSTALLED_PACKAGE}")
  unset(PACKAGE_PREFIX_DIR)
endif()

foreach(_ebpf_variable language configuration kind target_NAME target_PROCESSOR target_TRIPLE
                       target_OPENWRT target_DEBIAN target_EMULATOR target_FLAGS variable)
  unset(_ebpf_${_ebpf_variable})
endforeach()
cmake_policy(POP)
