# The kernels of all tests, of all directories, each once, in one line for a CI system.
set(list "${build_dir}/ebpf/kernels.json")
file(READ "${list}" json)
string(JSON count LENGTH "${json}")
set(kernels "")
math(EXPR last "${count} - 1")
foreach(index RANGE ${last})
  string(JSON kernel GET "${json}" ${index})
  list(APPEND kernels "${kernel}")
endforeach()
set(expected "${build_dir}/other/my \"image\"" debian/5.10/amd64 debian/6.1/amd64:no-btf
             debian/6.12/amd64)
if(NOT kernels STREQUAL expected OR NOT json MATCHES "^[^\n]*\n$")
  message(FATAL_ERROR "kernels.json is ${json} with the kernels ${kernels}, not ${expected}.")
endif()

# Configuring again writes the same.
configure()
expect_success("configuring")
file(READ "${list}" again)
if(NOT again STREQUAL json)
  message(FATAL_ERROR "The second configure run writes ${again} after ${json}.")
endif()
