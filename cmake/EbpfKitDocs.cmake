# The target `docs`: HTML pages of the documentation, docs/html/index.html in the build directory. It is not part of `all`.
# build_docs.cmake does the work, and says what is missing.
include_guard(GLOBAL)

add_custom_target(
  docs
  COMMAND
    "${CMAKE_COMMAND}" "-DTOOL=$<TARGET_FILE:ebpfkit>" "-DVERSION=${PROJECT_VERSION}"
    "-DOUTPUT_DIR=${PROJECT_BINARY_DIR}/docs" -P "${PROJECT_SOURCE_DIR}/cmake/build_docs.cmake"
  DEPENDS ebpfkit
  COMMENT "Building the documentation"
  VERBATIM USES_TERMINAL)
