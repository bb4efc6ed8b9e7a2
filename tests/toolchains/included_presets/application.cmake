# The application of the cases with a stand-in for an SDK's compiler. When CXX is enabled, the application is one in
# C++, which throws, and which brings the BTF of a kernel.
find_package(EbpfKit REQUIRED)
set(sources "${CMAKE_CURRENT_LIST_DIR}")
set(EBPFKIT_BTF "${KIT_DIR}/example-project/kernels/debian/12/aarch64/6.1.0-50-cloud-arm64.btf.xz")
ebpf_add_program(prog SOURCES "${sources}/prog.bpf.c")
ebpf_add_skeleton(skeleton PROGRAM prog)
get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if("CXX" IN_LIST languages)
  ebpf_embed_btf(kernels PROGRAMS prog BTFS "${EBPFKIT_BTF}")
  add_executable(application "${sources}/main.cpp")
  target_link_libraries(application PRIVATE skeleton kernels)
else()
  add_executable(application "${sources}/main.c")
  target_link_libraries(application PRIVATE skeleton)
endif()
file(WRITE "${CMAKE_BINARY_DIR}/compiler.txt"
     "${EBPFKIT_TARGET_COMPILER} ${CMAKE_C_COMPILER}\n${CMAKE_CXX_COMPILER}")
