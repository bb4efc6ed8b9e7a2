set(fill "${PREFIX}/share/ebpfkit/templates/fill.cmake")

# fill_in([<argument>...]): runs fill.cmake.
macro(fill_in)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" ${ARGN} -P "${fill}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  remember_step("filling in" "${result}")
endmacro()

# check_recipe(<file> <variable>...): requires that each line is a statement of BitBake's language, and that the recipe
# sets the variables.
function(check_recipe file)
  file(READ "${file}" text)
  if(text MATCHES "@[A-Z_]+@")
    message(FATAL_ERROR "'${file}' has a word that was not filled in: ${CMAKE_MATCH_0}")
  endif()
  set(names "")
  string(REPLACE ";" "<semicolon>" text "${text}")
  string(REGEX REPLACE "\\\\\n" " " text "${text}")
  string(REPLACE "[" "<" text "${text}")
  string(REPLACE "]" ">" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  foreach(line IN LISTS lines)
    if(line MATCHES "^([A-Z_]+(:[^ ]+)?) (=|\\?=|\\+=|:=) \"[^\"]*\"$")
      list(APPEND names "${CMAKE_MATCH_1}")
    elseif(line MATCHES "^inherit( [a-z]+)+$")
      list(APPEND names inherit)
    elseif(NOT line MATCHES "^(#.*)?$")
      message(FATAL_ERROR "'${file}': no statement of BitBake: ${line}")
    endif()
  endforeach()
  foreach(name IN LISTS ARGN)
    if(NOT name IN_LIST names)
      message(FATAL_ERROR "'${file}' does not set ${name}.")
    endif()
  endforeach()
endfunction()

# OpenWrt and BitBake do not work in a path with a space, and the path of a case has one.
run(mktemp -d --tmpdir ebpfkit-packages.XXXXXX)
string(STRIP "${output}" root)
file(COPY "${source_dir}/sdk" "${source_dir}/project" "${source_dir}/kit" DESTINATION "${root}")
file(CREATE_LINK "${PREFIX}" "${root}/prefix" SYMBOLIC)
set(arguments -DNAME=packets -DVERSION=1.2 "-DPROJECT_DIR=${root}/project"
              "-DOUTPUT_DIR=${root}/packaging" -DLICENSE=MIT)
fill_in(${arguments} "-DEBPFKIT_SOURCE_DIR=${root}/kit")
expect_success("filling in")
file(COPY "${root}/packaging/openwrt/" DESTINATION "${root}/sdk/package")

# The SDK has the build machine's compiler and libbpf.
foreach(language cc c++)
  file(WRITE "${root}/sdk/staging_dir/toolchain/bin/target-${language}"
       "#!/bin/sh\nexec ${language} \"$@\"\n")
  file(CHMOD "${root}/sdk/staging_dir/toolchain/bin/target-${language}" PERMISSIONS OWNER_READ
       OWNER_WRITE OWNER_EXECUTE)
endforeach()
find_path(include_directory bpf/libbpf.h PATHS /usr/include NO_DEFAULT_PATH REQUIRED)
file(GLOB libraries /usr/lib/*/libbpf.so /usr/lib64/libbpf.so)
list(GET libraries 0 library)
set(target "${root}/sdk/staging_dir/target/usr")
file(MAKE_DIRECTORY "${target}/include" "${target}/lib")
file(CREATE_LINK "${include_directory}/bpf" "${target}/include/bpf" SYMBOLIC)
file(CREATE_LINK "${library}" "${target}/lib/libbpf.so" SYMBOLIC)

# make_package(<directory> <argument>...)
macro(make_package directory)
  run(env "INSTALLED_EBPFKIT=${PREFIX}" make -C "${root}/sdk/package/${directory}"
      "TOPDIR=${root}/sdk" ${ARGN})
endmacro()

# expect_package(): the package has the program, which works.
macro(expect_package)
  set(program "${root}/sdk/bin/packets/usr/bin/packets")
  run("${program}")
  expect_output("opened count_packets")
  file(REMOVE_RECURSE "${root}/sdk/bin" "${root}/sdk/build_dir")
endmacro()

# With an installed EbpfKit. The program uses no kernel types, so nothing reads the BTF.
file(WRITE "${root}/router.btf" "no BTF")
make_package(packets "EBPFKIT_PREFIX=${root}/prefix" "EBPFKIT_BTF=${root}/router.btf")
expect_output("compiled for another system: TRUE, BTF '${root}/router.btf'")
expect_output("tool '${root}/prefix/bin/ebpfkit'")
expect_package()

# With the package that builds EbpfKit first.
make_package(packets -n)
expect_output("host-compile")
make_package(packets)
expect_output("EbpfKit ${root}/sdk/staging_dir/hostpkg/lib/cmake/EbpfKit")
expect_package()

check_recipe("${root}/packaging/yocto/packets_1.2.bb" SUMMARY LICENSE LIC_FILES_CHKSUM inherit
             EXTERNALSRC DEPENDS EXTRA_OECMAKE "FILES:\${PN}")
check_recipe("${root}/packaging/yocto/ebpfkit-native_4.5.6.bb" SUMMARY LICENSE LIC_FILES_CHKSUM
             inherit EXTERNALSRC DEPENDS EXTRA_OECMAKE)
file(MD5 "${root}/project/LICENSE" digest)
file(READ "${root}/packaging/yocto/packets_1.2.bb" recipe)
if(NOT recipe MATCHES "md5=${digest}")
  message(FATAL_ERROR "The recipe has another digest of the licence.")
endif()

# Wrong arguments.
fill_in(-DNAME=packets -DVERSION=1.2 "-DOUTPUT_DIR=${root}/wrong")
set(expected_texts "fill.cmake: PROJECT_DIR is missing.")
expect_failure("no PROJECT_DIR")
fill_in(${arguments} -DNAME=Packets)
set(expected_texts "fill.cmake: NAME is 'Packets'. Use small letters, digits and . + - only.")
expect_failure("a wrong NAME")
fill_in(${arguments} "-DSUMMARY=$(shell id)")
set(expected_texts "fill.cmake: SUMMARY is '$(shell id)'.")
expect_failure("a wrong SUMMARY")
fill_in(${arguments} -DLICENSE_FILE=COPYING)
set(expected_texts "fill.cmake: PROJECT_DIR '${root}/project' has no file COPYING.")
expect_failure("no licence")
fill_in(${arguments} "-DPROJECT_DIR=${source_dir}/project")
set(expected_texts "fill.cmake: PROJECT_DIR is '${source_dir}/project'.")
expect_failure("a path with a space")
file(REMOVE_RECURSE "${root}")
