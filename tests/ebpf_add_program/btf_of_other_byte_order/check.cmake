expect_output("warning: ")
expect_output("the BTF is of a big-endian kernel, and the program is little-endian")
configure(-DREFUSED=ON)
expect_success("configuring with the program that is refused")
build()
set(expected_texts "big.btf': the BTF is of a big-endian kernel, and the program is little-endian"
                   "Or mend ARCH and ENDIAN of the program." "say that this BTF is meant: BTF /")
expect_failure("building with BTF of the other byte order")
