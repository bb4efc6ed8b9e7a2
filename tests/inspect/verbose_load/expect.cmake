include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
require_machines(debian/5.10/amd64 debian/6.1/amd64)
