set(configure_fails TRUE)
set(expected_texts "EbpfKit does not know the CPU of CMAKE_SYSTEM_PROCESSOR 'quantum'."
                   "ARCH x86|arm64")
