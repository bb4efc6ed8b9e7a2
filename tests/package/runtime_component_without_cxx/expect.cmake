set(configure_fails TRUE)
set(expected_texts "the component 'runtime' is a C++ library, and CXX is not enabled."
                   "Write project(case LANGUAGES CXX) before find_package(EbpfKit).")
