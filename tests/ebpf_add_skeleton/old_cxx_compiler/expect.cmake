set(configure_fails TRUE)
set(expected_texts "ebpf_add_skeleton: the C++ skeleton and EbpfKit::runtime need C++17, which '"
                   "Name a newer compiler: -DCMAKE_CXX_COMPILER=<path>.")
