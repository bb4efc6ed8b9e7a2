set(configure_fails TRUE)
set(expected_texts "an installed EbpfKit brings a tool of its own, which this build does not make"
                   "Leave EBPFKIT_TOOL empty, or write -DEBPFKIT_INSTALL=OFF.")
