# The build of EbpfKit that runs this test is a Release build. Compiling EbpfKit with the same options takes the
# object files from the compiler cache.
if(GENERATOR MATCHES "Multi-Config")
  set(configure_arguments -DCMAKE_DEFAULT_BUILD_TYPE=Release)
  set(default_configuration Release)
else()
  set(configure_arguments -DCMAKE_BUILD_TYPE=Release)
endif()
if(READY_TOOL AND NOT EXTRA STREQUAL "-DCONSUMER_WAY=installed")
  list(APPEND configure_arguments "-DEBPFKIT_TOOL=${PREFIX}/bin/ebpfkit")
endif()
