# The example project reads this file behind its project(): CMAKE_PROJECT_<name>_INCLUDE.
add_subdirectory("${CMAKE_CURRENT_LIST_DIR}" loader_size)
