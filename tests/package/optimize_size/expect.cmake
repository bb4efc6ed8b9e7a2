if(NOT EXISTS /sys/kernel/btf/vmlinux)
  skip("the running kernel has no BTF")
endif()
set(configure_arguments -DCMAKE_BUILD_TYPE=Release -DEBPFKIT_OPTIMIZE_SIZE=ON
                        -DCMAKE_CXX_COMPILER=g++)
