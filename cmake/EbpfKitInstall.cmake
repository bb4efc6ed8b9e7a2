# The installed package mirrors the source tree below share/ebpfkit, so that modules find headers and
# the runtime's sources by the same relative paths in both.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/EbpfKit")
set(EBPFKIT_INSTALLED_ROOT "${CMAKE_INSTALL_DATAROOTDIR}/ebpfkit")

install(TARGETS ebpfkit EXPORT EbpfKitTargets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT EbpfKitTargets NAMESPACE EbpfKit:: DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/modules" "${PROJECT_SOURCE_DIR}/include"
        DESTINATION "${EBPFKIT_INSTALLED_ROOT}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/runtime" DESTINATION "${EBPFKIT_INSTALLED_ROOT}/src")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${EBPFKIT_INSTALLED_ROOT}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/EbpfKitConfig.cmake.in" "${PROJECT_BINARY_DIR}/EbpfKitConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" PATH_VARS EBPFKIT_INSTALLED_ROOT)
# The package serves targets of any word size: only its tool is of this machine.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/EbpfKitConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/EbpfKitConfig.cmake"
              "${PROJECT_BINARY_DIR}/EbpfKitConfigVersion.cmake" DESTINATION "${package_dir}")
