run("${CMAKE_COMMAND}" --version)
