# Packages for distributions: .deb, .rpm and .tar.zst, by CPack. scripts/package calls it. docs/packaging.md has more.
#
# There is one package: the modules, the headers, the runtime and the tool fit each other in one version only.
include_guard(GLOBAL)

# ebpfkit_packages_of(<out> <column> <group>): the packages of the group, from a column of modules/detail/packages.txt
# (2 Debian, 3 Ubuntu, 4 Fedora).
function(ebpfkit_packages_of out column group)
  set(packages "")
  file(STRINGS "${PROJECT_SOURCE_DIR}/modules/detail/packages.txt" rows REGEX "^[^#]")
  foreach(row IN LISTS rows)
    string(REGEX MATCHALL "[^ ]+" columns "${row}")
    list(GET columns 1 groups)
    string(REPLACE "," ";" groups "${groups}")
    if(group IN_LIST groups)
      list(GET columns ${column} names)
      if(names STREQUAL "=")
        list(GET columns 2 names)
      endif()
      list(APPEND packages ${names})
    endif()
  endforeach()
  # What does the same under another name, and the versions that README demands.
  list(TRANSFORM packages REPLACE "^cmake$" "cmake (>= 3.25)")
  list(TRANSFORM packages REPLACE "^libbpf-dev$" "libbpf-dev (>= 1:1.1)")
  list(TRANSFORM packages REPLACE "^libbpf-devel$" "libbpf-devel >= 1.1")
  list(TRANSFORM packages REPLACE "^g\\+\\+$" "g++ | c++-compiler")
  list(TRANSFORM packages REPLACE "^ninja-build$" "ninja-build | make")
  if(column EQUAL 4)
    list(TRANSFORM packages REPLACE "^cmake .*$" "cmake >= 3.25")
    list(TRANSFORM packages REPLACE "^ninja-build .*$" "ninja-build")
  endif()
  list(JOIN packages ", " packages)
  set(${out} "${packages}" PARENT_SCOPE)
endfunction()

set(CPACK_PACKAGE_NAME ebpfkit)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR "the EbpfKit authors")
set(CPACK_PACKAGE_CONTACT "the EbpfKit authors <packages@ebpfkit.invalid>"
    CACHE STRING "Who maintains the packages that CPack makes: Name <address>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
    "CMake commands that compile BPF programs, make the kernel types that they
use from BTF, generate C and C++ skeletons, embed BTF for kernels without it,
and load programs on real kernels in tests. The host tool ebpfkit does the
work during the build.")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# What is installed names the prefix (presets), so the files are installed below DESTDIR with their final prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
                                                GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/finish_package.cmake")
set(CPACK_EBPFKIT_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_EBPFKIT_PREFIX "${CMAKE_INSTALL_PREFIX}")

set(debian_column 2)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release system REGEX "^ID(_LIKE)?=.*ubuntu")
  if(system)
    set(debian_column 3)
  endif()
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
ebpfkit_packages_of(CPACK_DEBIAN_PACKAGE_DEPENDS ${debian_column} depends)
ebpfkit_packages_of(CPACK_DEBIAN_PACKAGE_RECOMMENDS ${debian_column} recommends)
ebpfkit_packages_of(CPACK_DEBIAN_PACKAGE_SUGGESTS ${debian_column} suggests)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE BSD-2-Clause)
set(CPACK_RPM_PACKAGE_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_GROUP Development/Tools)
set(CPACK_RPM_COMPRESSION_TYPE xz)
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
ebpfkit_packages_of(CPACK_RPM_PACKAGE_REQUIRES 4 depends)
# The times and the name of the machine that builds are not in the package.
set(CPACK_RPM_SPEC_MORE_DEFINE
    "%define _buildhost localhost\n%define use_source_date_epoch_as_buildtime 1\n%define clamp_mtime_to_source_date_epoch 1"
)

set(CPACK_ARCHIVE_FILE_NAME
    "ebpfkit-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PACKAGE_FILE_NAME "${CPACK_ARCHIVE_FILE_NAME}")
set(CPACK_INCLUDE_TOPLEVEL_DIRECTORY OFF)
include(CPack)
