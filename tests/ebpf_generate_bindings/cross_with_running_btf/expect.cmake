if(NOT EXISTS /sys/kernel/btf/vmlinux)
  skip("the running kernel has no BTF")
endif()
# The same CPU, so that only the path tells whose kernel this is.
cmake_host_system_information(RESULT CMAKE_CPU QUERY OS_PLATFORM)
set(configure_arguments
    -DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=${CMAKE_CPU}"
    "-DEbpfKit_DIR=${PREFIX}/lib/cmake/EbpfKit" -DEBPFKIT_BTF=/sys/kernel/../kernel/btf/vmlinux)
set(configure_fails TRUE)
set(expected_texts
    "ebpf_generate_bindings: BTF '/sys/kernel/btf/vmlinux' is of the kernel that runs on this machine"
    "this build is for another system (Linux ${CMAKE_CPU})"
    "BTF <file>, or -DEBPFKIT_BTF=<file> (its vmlinux will do)"
    "name a copy of '/sys/kernel/btf/vmlinux'")
