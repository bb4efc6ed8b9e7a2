# Builds the documentation: cmake -DTOOL=<ebpfkit> -DVERSION=<version> -DOUTPUT_DIR=<directory> -P build_docs.cmake
#
# Doxygen reads the headers of the runtime. Sphinx makes HTML pages in OUTPUT_DIR/html of that, of docs/, of the doc blocks
# in modules/, and of what TOOL tells about its subcommands. A warning is an error. Nothing is written elsewhere. The target
# `docs` and the test docs.pages call this script.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../modules/detail/EbpfPackages.cmake")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH source_dir)

find_program(sphinx_build sphinx-build)
find_program(doxygen doxygen)
find_program(dot dot)
set(missing "")
foreach(pair sphinx_build:sphinx doxygen:doxygen dot:graphviz)
  string(REPLACE ":" ";" pair "${pair}")
  list(POP_FRONT pair variable key)
  if(NOT ${variable})
    list(APPEND missing ${key})
  endif()
endforeach()
if(missing)
  _ebpf_install_hint(hint ${missing} myst-parser breathe furo)
  list(JOIN missing ", " missing)
  message(FATAL_ERROR "The documentation needs what is missing here: ${missing}\n${hint}")
endif()

file(MAKE_DIRECTORY "${OUTPUT_DIR}/xml")
set(ENV{EBPFKIT_DOCS_TOOL} "${TOOL}")
set(ENV{EBPFKIT_DOCS_XML} "${OUTPUT_DIR}/xml")
set(ENV{EBPFKIT_VERSION} "${VERSION}")
# Python would write into the source tree.
set(ENV{PYTHONDONTWRITEBYTECODE} 1)
execute_process(COMMAND "${doxygen}" docs/Doxyfile WORKING_DIRECTORY "${source_dir}"
                                                                     COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${sphinx_build}" -b html -W --keep-going -q -d "${OUTPUT_DIR}/doctrees"
                        "${source_dir}/docs" "${OUTPUT_DIR}/html" COMMAND_ERROR_IS_FATAL ANY)
