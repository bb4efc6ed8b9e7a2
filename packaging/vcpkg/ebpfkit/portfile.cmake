# An overlay port: vcpkg install ebpfkit --overlay-ports=<sources of EbpfKit>/packaging/vcpkg
#
# It builds the sources that it stands in. docs/packaging.md tells what vcpkg does not have.
cmake_path(SET SOURCE_PATH NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../..")

# The host tool and static objects: a second build for debugging would not be used.
set(VCPKG_BUILD_TYPE release)
vcpkg_find_acquire_program(PKGCONFIG)

# vcpkg wants programs in tools/<port>, and CMake packages in share/<port>. The package's files name each other, so they
# are installed there, and not moved afterwards.
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}" OPTIONS -DCMAKE_INSTALL_BINDIR=tools/ebpfkit
  -DEBPFKIT_BUILD_TESTS=OFF -DEBPFKIT_INSTALL=ON -DEBPFKIT_INSTALL_CMAKE_DIR=share/ebpfkit
  "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}")
vcpkg_cmake_install()
vcpkg_fixup_pkgconfig()

# The presets name their directory, and vcpkg copies packages elsewhere. A project names a toolchain file itself:
# -DVCPKG_CHAINLOAD_TOOLCHAIN_FILE=<share/ebpfkit>/modules/toolchains/<target>.cmake
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/ebpfkit/presets")

# The runtime's headers stand beside its sources, in share/ebpfkit.
set(VCPKG_POLICY_EMPTY_INCLUDE_FOLDER enabled)
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/ebpfkit")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
