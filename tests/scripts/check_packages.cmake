# Checks scripts/detail/packages.sh: which packages it takes out of modules/detail/packages.txt.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P check_packages.cmake
cmake_minimum_required(VERSION 3.25)

# The script finds the table beside its own directory.
file(REMOVE_RECURSE "${WORK_DIR}")
file(COPY "${SOURCE_DIR}/scripts/detail/packages.sh" DESTINATION "${WORK_DIR}/scripts/detail")
file(
  WRITE "${WORK_DIR}/modules/detail/packages.txt"
  "# what  groups       Debian    Ubuntu  Fedora\n"
  "cmake   build        cmake-deb =       cmake-fed\n"
  "tool    build,test   tool-deb  tool-u  tool-fed,more-fed\n"
  "\n"
  "rebuild rebuild      other-deb =       other-fed\n")

# check(<distribution> <groups> <package>...): packages_of prints these packages.
function(check distribution groups)
  execute_process(
    COMMAND bash -euc
            ". '${WORK_DIR}/scripts/detail/packages.sh'; packages_of ${distribution} ${groups}"
    OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(STRIP "${output}" output)
  string(REPLACE "\n" ";" packages "${output}")
  if(NOT packages STREQUAL "${ARGN}")
    message(FATAL_ERROR "${distribution}, ${groups}: '${packages}', not '${ARGN}'.")
  endif()
endfunction()

check(debian build cmake-deb tool-deb)
check(debian test tool-deb)
check(ubuntu build cmake-deb tool-u)
check(fedora build cmake-fed tool-fed more-fed)
check(fedora test tool-fed more-fed)
check(debian "test rebuild" tool-deb other-deb)
check(debian nothing)
