set(configure_fails TRUE)
set(expected_texts "CMAKE_SYSTEM_PROCESSOR 'quantum' is no CPU that EbpfKit knows."
                   "ARCH x86|arm64")
