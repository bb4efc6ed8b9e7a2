# The recipes of packaging/ for other package managers: they have the version of project(), and every library that the
# table modules/detail/packages.txt has for the build. Programs that are on this machine read their syntax.
#
# cmake -DSOURCE_DIR=<source tree> -DWORK_DIR=<directory> -P check_recipes.cmake
cmake_minimum_required(VERSION 3.25)

set(faults "")
file(READ "${SOURCE_DIR}/CMakeLists.txt" text)
string(REGEX MATCH "\n  VERSION ([0-9.]+)\n" found "${text}")
if(found STREQUAL "")
  # The recipes for Conan and Nix look for this line.
  message(FATAL_ERROR "CMakeLists.txt has no line '  VERSION <number>' of project().")
endif()
set(version "${CMAKE_MATCH_1}")

set(vcpkg "packaging/vcpkg/ebpfkit/vcpkg.json")
set(conan "packaging/conan/conanfile.py")
set(nix "packaging/nix/package.nix")
set(spack "packaging/spack/packages/ebpfkit/package.py")
foreach(manager vcpkg conan nix spack)
  if(NOT EXISTS "${SOURCE_DIR}/${${manager}}")
    message(FATAL_ERROR "'${${manager}}' is not there.")
  endif()
  file(READ "${SOURCE_DIR}/${${manager}}" recipe_${manager})
endforeach()

# Conan and Nix read project().
string(JSON vcpkg_version ERROR_VARIABLE error GET "${recipe_vcpkg}" version)
if(error)
  list(APPEND faults "${vcpkg}: ${error}")
elseif(NOT vcpkg_version STREQUAL version)
  list(APPEND faults "${vcpkg}: the version is ${vcpkg_version}, and project() has ${version}")
endif()
if(NOT recipe_spack MATCHES "\n    version\\(\"([^\"]+)\"\\)\n" OR NOT CMAKE_MATCH_1 STREQUAL
                                                                   version)
  list(APPEND faults "${spack}: the version is '${CMAKE_MATCH_1}', and project() has ${version}")
endif()

# What other package managers call the libraries of the table.
set(name_libelf elfutils)
set(name_liblzma "(liblzma|xz_utils|xz)")
set(name_libzstd zstd)
set(name_liblz4 lz4)
set(name_nlohmann-json "nlohmann[-_]json")
# These come from the package manager's own tools, or from the system.
set(programs cmake ninja c++-compiler clang bpftool)
set(libraries "")
# Spack has several packages that provide zlib.
set(names "zlib-api")
file(STRINGS "${SOURCE_DIR}/modules/detail/packages.txt" rows REGEX "^[^#]")
foreach(row IN LISTS rows)
  string(REGEX MATCHALL "[^ ]+" columns "${row}")
  list(GET columns 0 what)
  list(GET columns 1 groups)
  if(NOT ",${groups}," MATCHES ",build," OR what IN_LIST programs)
    continue()
  endif()
  list(APPEND libraries "${what}")
  set(name "${what}")
  if(DEFINED name_${what})
    set(name "${name_${what}}")
  endif()
  string(APPEND names "|${name}")
  foreach(manager vcpkg conan nix spack)
    # Comments may name a library, too.
    string(REGEX REPLACE "\n *#[^\n]*" "" recipe "${recipe_${manager}}")
    if(NOT recipe MATCHES "(^|[^a-z0-9_-])${name}([^a-z0-9_-]|$)")
      list(APPEND faults "${${manager}}: there is no ${what}, which packages.txt has for the build")
    endif()
  endforeach()
endforeach()
# The other way round: what a recipe asks for is in the table, or is one of these programs and helpers.
set(helpers
    "cmake|ninja|pkgconf|pkg-config|pkgconfig|vcpkg-cmake|c|cxx|llvm|llvmPackages|bpftools|lib|stdenv|writeText"
)
set(pattern_vcpkg "\n    (\"|{\n      \"name\": \")([A-Za-z0-9_-]+)")
set(pattern_conan "(requires\\(\")([A-Za-z0-9_-]+)")
set(pattern_nix "\n(  )([A-Za-z0-9_-]+),")
set(pattern_spack "(depends_on\\(\")([A-Za-z0-9_-]+)")
foreach(manager vcpkg conan nix spack)
  string(REGEX MATCHALL "${pattern_${manager}}" asked "${recipe_${manager}}")
  list(LENGTH asked count)
  if(count LESS 10)
    list(APPEND faults "${${manager}}: only ${count} dependencies are found")
  endif()
  foreach(one IN LISTS asked)
    string(REGEX MATCH "[A-Za-z0-9_-]+,?$" one "${one}")
    string(REPLACE "," "" one "${one}")
    if(NOT one MATCHES "^(${helpers}|${names})$")
      list(APPEND faults "${${manager}}: ${one} is no library that packages.txt has for the build")
    endif()
  endforeach()
endforeach()
list(LENGTH libraries count)
if(count LESS 10)
  list(APPEND faults "packages.txt: only ${count} libraries are found: ${libraries}")
endif()

# check_syntax(<program> <argument>... FILES <file>...)
function(check_syntax program)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ARGUMENTS;FILES")
  find_program(${program}_PROGRAM ${program})
  if(NOT ${program}_PROGRAM)
    message(STATUS "${program} is not installed: the syntax of ${arg_FILES} is not checked")
    return()
  endif()
  foreach(file IN LISTS arg_FILES)
    execute_process(
      COMMAND "${${program}_PROGRAM}" ${arg_ARGUMENTS} "${SOURCE_DIR}/${file}"
      RESULT_VARIABLE status
      OUTPUT_QUIET
      ERROR_VARIABLE errors)
    if(NOT status EQUAL 0)
      string(REPLACE ";" "," errors "${errors}")
      list(APPEND faults "${file}: ${errors}")
    endif()
  endforeach()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

# Python keeps what it compiles, and not in the sources.
set(ENV{PYTHONPYCACHEPREFIX} "${WORK_DIR}")
check_syntax(python3 ARGUMENTS -m py_compile FILES "${conan}" "${spack}"
             packaging/spack/packages/libbpf/package.py)
check_syntax(nix-instantiate ARGUMENTS --parse FILES "${nix}" packaging/nix/default.nix)

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "  ${faults}")
endif()
