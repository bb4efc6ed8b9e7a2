if(NOT EXISTS /sys/kernel/btf/vmlinux)
  skip("the running kernel has no BTF")
endif()
