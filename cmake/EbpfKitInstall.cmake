# The installed package mirrors the source tree below share/ebpfkit, so that modules find headers and
# the runtime's sources by the same relative paths in both.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(EBPFKIT_INSTALL_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/EbpfKit"
    CACHE STRING "Where install puts the CMake package, below the prefix")
set(package_dir "${EBPFKIT_INSTALL_CMAKE_DIR}")
set(EBPFKIT_INSTALLED_ROOT "${CMAKE_INSTALL_DATAROOTDIR}/ebpfkit")

# A ready tool is a file of the user, perhaps for other libraries than those that the package names.
if(NOT TARGET ebpfkit)
  message(
    FATAL_ERROR
      "EbpfKit: an installed EbpfKit brings a tool of its own, which this build does not make (EBPFKIT_TOOL='${EBPFKIT_TOOL}').\n"
      "  Leave EBPFKIT_TOOL empty, or write -DEBPFKIT_INSTALL=OFF.")
endif()
install(TARGETS ebpfkit EXPORT EbpfKitTargets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
# Completions, in the directories where the shells look for them. The tool prints them, so there are none when it
# is for another system and cannot run here.
set(completions bash:bash-completion/completions/ebpfkit zsh:zsh/site-functions/_ebpfkit
                fish:fish/vendor_completions.d/ebpfkit.fish)
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  set(completions "")
endif()
set(completion_files "")
foreach(pair IN LISTS completions)
  string(REGEX MATCH "^([a-z]+):(.+)/([^/]+)$" pair "${pair}")
  set(file "${PROJECT_BINARY_DIR}/completions/${CMAKE_MATCH_2}/${CMAKE_MATCH_3}")
  add_custom_command(
    OUTPUT "${file}"
    COMMAND ebpfkit completion ${CMAKE_MATCH_1} --output "${file}"
    DEPENDS ebpfkit
    COMMENT "Generating completions for ${CMAKE_MATCH_1}"
    VERBATIM)
  list(APPEND completion_files "${file}")
  install(FILES "${file}" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/${CMAKE_MATCH_2}")
endforeach()
add_custom_target(ebpfkit_completions ALL DEPENDS ${completion_files})

# The tool describes itself. A tool for another system does not run here.
if(NOT CMAKE_CROSSCOMPILING)
  set(man_pages "${PROJECT_BINARY_DIR}/man")
  add_custom_command(
    OUTPUT "${man_pages}/ebpfkit.1"
    # A page of a subcommand that is gone must not stay.
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${man_pages}"
    COMMAND ebpfkit manual --output "${man_pages}"
    DEPENDS ebpfkit
    COMMENT "Writing the man pages"
    VERBATIM)
  add_custom_target(ebpfkit_man_pages ALL DEPENDS "${man_pages}/ebpfkit.1")
  install(DIRECTORY "${man_pages}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()
install(EXPORT EbpfKitTargets NAMESPACE EbpfKit:: DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/modules" "${PROJECT_SOURCE_DIR}/include"
                  "${PROJECT_SOURCE_DIR}/templates" DESTINATION "${EBPFKIT_INSTALLED_ROOT}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/runtime" "${PROJECT_SOURCE_DIR}/src/guest"
        DESTINATION "${EBPFKIT_INSTALLED_ROOT}/src")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${EBPFKIT_INSTALLED_ROOT}")

# The objects of EbpfKit::runtime for the native compiler, so that applications need not compile it. They
# are optimised for size, because the runtime waits for the kernel most of the time. With -O2 it would add
# about 1.5 times as much to an application (docs/runtime-size.md).
_ebpf_flag_against_ready_runtime(flag)
if(flag STREQUAL "" AND EBPFKIT_SANITIZE STREQUAL "thread")
  set(flag EBPFKIT_SANITIZE=thread)
endif()
if(flag STREQUAL "")
  _ebpf_require_libbpf(EbpfKit LIBRARY)
  set(EBPFKIT_RUNTIME_WARNINGS ${PROJECT_IS_TOP_LEVEL})
  _ebpf_require_runtime(EbpfKit)
  target_compile_options(ebpfkit_runtime_objects PRIVATE -Os)
  set_target_properties(ebpfkit_runtime_objects PROPERTIES CXX_STANDARD 17 EXCLUDE_FROM_ALL OFF)
  install(TARGETS ebpfkit_runtime_objects EXPORT EbpfKitRuntimeTargets
          OBJECTS DESTINATION "${CMAKE_INSTALL_LIBDIR}/ebpfkit")
  install(EXPORT EbpfKitRuntimeTargets NAMESPACE EbpfKit:: DESTINATION "${package_dir}")
  _ebpf_runtime_facts(ready_facts)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/EbpfKitReadyRuntime.cmake.in"
                 "${PROJECT_BINARY_DIR}/EbpfKitReadyRuntime.cmake" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/EbpfKitReadyRuntime.cmake" DESTINATION "${package_dir}")

  # The same objects as a library, for builds that ask pkg-config. The file finds the prefix by its own place, so it
  # moves with the prefix.
  install(TARGETS ebpfkit_runtime ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH prefix_from_pc "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/ebpfkit-runtime.pc.in"
                 "${PROJECT_BINARY_DIR}/ebpfkit-runtime.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/ebpfkit-runtime.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
else()
  message(STATUS "EbpfKit: the package brings no ready objects of EbpfKit::runtime, because this "
                 "build uses ${flag}")
endif()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/EbpfKitConfig.cmake.in" "${PROJECT_BINARY_DIR}/EbpfKitConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" PATH_VARS EBPFKIT_INSTALLED_ROOT)
# The toolchain files are read before find_package(). They find the tool and the package through this file.
set(toolchain_detail_dir "${EBPFKIT_INSTALLED_ROOT}/modules/toolchains/detail")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/InstalledTool.cmake.in" "${PROJECT_BINARY_DIR}/InstalledTool.cmake"
  INSTALL_DESTINATION "${toolchain_detail_dir}"
  PATH_VARS CMAKE_INSTALL_BINDIR package_dir
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
install(FILES "${PROJECT_BINARY_DIR}/InstalledTool.cmake" DESTINATION "${toolchain_detail_dir}")
# The installed presets name their directory. ${fileDir} does not do, because CMake 3.25 takes it for the directory
# of the preset that inherits. So these presets do not move with the prefix.
install(
  CODE "
  set(installed_root \"${EBPFKIT_INSTALLED_ROOT}\")
  cmake_path(ABSOLUTE_PATH installed_root BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\")
  file(READ \"${PROJECT_SOURCE_DIR}/presets/openwrt.json\" presets)
  string(REPLACE \"\\\${fileDir}/..\" \"\${installed_root}\" presets \"\${presets}\")
  file(WRITE \"\$ENV{DESTDIR}\${installed_root}/presets/openwrt.json\" \"\${presets}\")
")
# ARCH_INDEPENDENT: only the tool is for this machine. The package serves targets of any word size.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/EbpfKitConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/EbpfKitConfig.cmake"
              "${PROJECT_BINARY_DIR}/EbpfKitConfigVersion.cmake" DESTINATION "${package_dir}")
