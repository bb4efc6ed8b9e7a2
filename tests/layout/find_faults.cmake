# Copies what the checks read and spoils the copy in one way after the other. Each time a check must fail with
# the right words.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P find_faults.cmake
cmake_minimum_required(VERSION 3.25)

# expect_fault(<what> <text> [<check>]): runs a check, check_includes.cmake by default.
function(expect_fault what text)
  set(check check_includes.cmake)
  if(ARGC GREATER 2)
    set(check "${ARGV2}")
  endif()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DSOURCE_DIR=${WORK_DIR}" -P
            "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${check}"
    RESULT_VARIABLE status
    ERROR_VARIABLE errors
    OUTPUT_VARIABLE output)
  # CMake breaks the lines of its messages.
  string(REGEX REPLACE "[ \n]+" " " errors "${errors}")
  string(FIND "${errors}" "${text}" position)
  if(status EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "${what}: the check should fail with '${text}'.\n"
                        "  Status ${status}:\n${output}${errors}")
  endif()
endfunction()

function(copy_tree)
  file(REMOVE_RECURSE "${WORK_DIR}")
  file(COPY "${SOURCE_DIR}/src" DESTINATION "${WORK_DIR}" PATTERN runtime EXCLUDE)
  file(COPY "${SOURCE_DIR}/docs/architecture.md" DESTINATION "${WORK_DIR}/docs")
endfunction()

copy_tree()
file(WRITE "${WORK_DIR}/src/btf/wrong.hpp" "// A comment.\n#include \"input/btf_input.hpp\"\n")
expect_fault("an include against the arrow"
             "src/btf/wrong.hpp:2: 'btf' must not include \"input/btf_input.hpp\"")

copy_tree()
file(WRITE "${WORK_DIR}/src/embed/wrong.cpp"
     "int x[] = {1}; // [ ;\n\n#  include \"object/link.hpp\"\n")
expect_fault("an include of another room of the same height"
             "src/embed/wrong.cpp:3: 'embed' must not include \"object/link.hpp\"")

copy_tree()
file(WRITE "${WORK_DIR}/src/btf/wrong.cpp" "#include \"type_graph.hpp\"\n")
expect_fault("an include without its room" "Write #include \"btf/type_graph.hpp\".")

copy_tree()
file(WRITE "${WORK_DIR}/src/attic/old.cpp" "\n")
expect_fault("a folder that is no room" "src/attic/: src/rooms.cmake has no such room.")

copy_tree()
file(APPEND "${WORK_DIR}/src/rooms.cmake" "list(APPEND EBPFKIT_ROOM_input export)\n")
expect_fault("a loop" "'input' may include 'export', which does not stand above it.")

copy_tree()
file(APPEND "${WORK_DIR}/src/rooms.cmake" "list(APPEND EBPFKIT_ROOM_skeleton embed)\n")
expect_fault("a permission that nothing uses" "'skeleton' may include 'embed', but no file does.")

copy_tree()
file(READ "${WORK_DIR}/docs/architecture.md" text)
string(REPLACE "btf --> input\n" "" lacking "${text}")
file(WRITE "${WORK_DIR}/docs/architecture.md" "${lacking}")
expect_fault("an arrow that is not drawn" "Add the line: btf --> input")

string(REPLACE "btf --> input\n" "btf --> input\n  skeleton --> embed\n" wrong "${text}")
file(WRITE "${WORK_DIR}/docs/architecture.md" "${wrong}")
expect_fault("an arrow that is wrong" "Remove the line: skeleton --> embed")

foreach(line "fmt::print(\"{}\", name)" "std::cerr << name" "std::fputs(name, stderr)"
             "std::printf(name)")
  copy_tree()
  file(APPEND "${WORK_DIR}/src/tool/core.cpp" "void wrong(const char* name) {\n  ${line};\n}\n")
  expect_fault("a line that prints past the terminal's filter: ${line}"
               "src/tool/core.cpp: ${line}" check_prints.cmake)
endforeach()

copy_tree()
file(WRITE "${WORK_DIR}/src/tool/wrong.hpp"
     "// std::uint8_t\nconst char* text = \"std::uint8_t\";\n")
file(WRITE "${WORK_DIR}/src/tool/wrong.cpp" "int half(std::uint8_t number); // a / b\n")
expect_fault("an integer without its header" "src/tool/wrong.cpp: std::uint8_t needs <cstdint>"
             check_standard_headers.cmake)

copy_tree()
file(WRITE "${WORK_DIR}/src/tool/wrong.hpp" "#include <string>\n")
file(WRITE "${WORK_DIR}/src/tool/wrong.cpp"
     "#include \"tool/wrong.hpp\"\nconst char* text = R\"(std::map)\";\n"
     "std::string fine; std::vector<int> wrong;\n")
expect_fault("a container without its header" "src/tool/wrong.cpp: std::vector needs <vector>"
             check_standard_headers.cmake)

copy_tree()
file(WRITE "${WORK_DIR}/src/tool/wrong.hpp" "// A comment.\n#include <string>\n#pragma once\n")
expect_fault("a header that may not be included twice"
             "src/tool/wrong.hpp: its first directive is not #pragma once" check_own_headers.cmake)

copy_tree()
file(WRITE "${WORK_DIR}/src/tool/wrong.hpp" "#pragma once\n")
file(WRITE "${WORK_DIR}/src/tool/wrong.cpp" "#include <string>\n\n#include \"tool/wrong.hpp\"\n")
expect_fault(
  "a source that includes another header first"
  "src/tool/wrong.cpp: its first directive does not include its own header" check_own_headers.cmake)

file(REMOVE_RECURSE "${WORK_DIR}")
foreach(directory modules/toolchains presets example-project)
  cmake_path(GET directory PARENT_PATH parent)
  file(COPY "${SOURCE_DIR}/${directory}" DESTINATION "${WORK_DIR}/${parent}")
endforeach()
file(
  APPEND "${WORK_DIR}/modules/toolchains/targets.inc"
  "EBPFKIT_TARGET(\"sparc\", \"sparc\", \"sparc-linux-musl\", \"\", \"\", \"qemu-sparc\", \"\")\n")
expect_fault("a target without its presets"
             "sparc has no test preset openwrt-sparc in presets/openwrt.json" check_targets.cmake)

copy_tree()
file(WRITE "${WORK_DIR}/src/size/wrong.hpp" "struct source_position {\n  int line = 0;\n};\n")
expect_fault(
  "two types of one name"
  "src/size/wrong.hpp: 'source_position' is a type of src/relocation/source_lines.hpp"
  check_type_names.cmake)

# spoil(<file> <from> <to> <what the check reads>...): a tree with what a check reads, one file of it spoilt.
function(spoil file from to)
  file(REMOVE_RECURSE "${WORK_DIR}")
  foreach(name IN LISTS ARGN)
    cmake_path(GET name PARENT_PATH parent)
    file(COPY "${SOURCE_DIR}/${name}" DESTINATION "${WORK_DIR}/${parent}")
  endforeach()
  file(READ "${WORK_DIR}/${file}" text)
  string(REPLACE "${from}" "${to}" spoilt "${text}")
  if(spoilt STREQUAL text)
    message(FATAL_ERROR "${file} has no '${from}', which this test wants to replace.")
  endif()
  file(WRITE "${WORK_DIR}/${file}" "${spoilt}")
endfunction()

# spoil_version(<file> <from> <to>): for the check of versions.
function(spoil_version file from to)
  spoil("${file}" "${from}" "${to}" CMakeLists.txt CHANGELOG.md modules/detail/renames.txt)
endfunction()

spoil_version(CMakeLists.txt "VERSION 0.1.0" "VERSION 0.2.0")
expect_fault(
  "a version without an entry of the changelog"
  "CHANGELOG.md: the newest entry is 0.1.0, and project() has 0.2.0" check_versions.cmake)
expect_fault(
  "an old name that worked for a minor version"
  "EBPF_COMPILER_LAUNCHER works since 0.1, and EbpfKit 0.2 refuses it" check_versions.cmake)
spoil_version(CMakeLists.txt "VERSION 0.1.0" "VERSION 1.2.0")
file(APPEND "${WORK_DIR}/modules/detail/renames.txt"
     "variable  refused  1.1  -  EBPF_A  EBPFKIT_A\n")
expect_fault("a name that is refused before the next major version"
             "EBPF_A is refused, and works in EbpfKit 1.1" check_versions.cmake)
spoil_version(CMakeLists.txt "VERSION 0.1.0" "VERSION 2.0.0")
file(APPEND "${WORK_DIR}/modules/detail/renames.txt" "variable  works  1.1  -  EBPF_A  EBPFKIT_A\n")
expect_fault("an old name that worked for a major version"
             "EBPF_A works since 1.1, and EbpfKit 2.0 refuses it" check_versions.cmake)
spoil_version(CHANGELOG.md "## [0.1.0] - 2026" "## [0.1.0], 2026")
expect_fault("a heading without a date" "is not '## [<version>] - <year>-<month>-<day>'"
             check_versions.cmake)
spoil_version(CHANGELOG.md "## [0.1.0]" "## [0.1.0] - 2026-11-29\n\n## [0.1.0]")
expect_fault("two entries of one version" "CHANGELOG.md: 0.1.0 stands below 0.1.0"
             check_versions.cmake)
spoil_version(CHANGELOG.md "### Added" "### Novelties")
expect_fault("an unknown group" "'### Novelties' is no group of Keep a Changelog"
             check_versions.cmake)
spoil_version(CHANGELOG.md "`EBPF_COMPILER_LAUNCHER`" "a variable")
expect_fault("a rename that the changelog does not tell"
             "CHANGELOG.md does not name `EBPF_COMPILER_LAUNCHER`" check_versions.cmake)
spoil_version(modules/detail/renames.txt "variable  works  0.1" "variable  refused  0.1")
expect_fault("a name that is refused too early"
             "EBPF_COMPILER_LAUNCHER is refused, and works in EbpfKit 0.1" check_versions.cmake)
spoil_version(modules/detail/renames.txt "variable  works" "variable  maybe")
expect_fault("a line of another form" "a line does not have its six columns" check_versions.cmake)

# spoil_recipe(<file> <from> <to>): for the check of recipes.
function(spoil_recipe file from to)
  spoil("${file}" "${from}" "${to}" CMakeLists.txt packaging modules/detail/packages.txt)
endfunction()

spoil_recipe(CMakeLists.txt "VERSION 0.1.0" "VERSION 0.2.0")
expect_fault("a version that vcpkg does not have"
             "vcpkg.json: the version is 0.1.0, and project() has 0.2.0" check_recipes.cmake)
expect_fault("a version that Spack does not have"
             "package.py: the version is '0.1.0', and project() has 0.2.0" check_recipes.cmake)
spoil_recipe(packaging/vcpkg/ebpfkit/vcpkg.json "\"fmt\"," "\"fmt\"")
expect_fault("JSON with a fault" "packaging/vcpkg/ebpfkit/vcpkg.json: " check_recipes.cmake)
spoil_recipe(packaging/conan/conanfile.py "self.requires(\"lz4/" "self.requires(\"xz4/")
expect_fault("a library that a recipe does not have"
             "packaging/conan/conanfile.py: there is no liblz4" check_recipes.cmake)
spoil_recipe(packaging/spack/packages/ebpfkit/package.py "def cmake_args(self):"
             "def cmake_args(self)")
expect_fault("Python with a fault" "SyntaxError" check_recipes.cmake)
spoil_recipe(modules/detail/packages.txt "libmd         build" "libmd         test")
expect_fault(
  "a library that only a recipe has"
  "vcpkg.json: libmd is no library that packages.txt has for the build" check_recipes.cmake)
