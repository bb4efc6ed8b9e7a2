execute_process(COMMAND id -u OUTPUT_VARIABLE CMAKE_USER OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT CMAKE_USER STREQUAL "0")
  skip("loading the program needs root")
endif()
