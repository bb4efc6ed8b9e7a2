set(build_fails TRUE)
set(expected_texts
    "ebpf_add_skeleton(skeleton) made only the C skeleton, because C++ was not enabled when CMake came to it."
    "Write project(... LANGUAGES C CXX), or enable_language(CXX) before ebpf_add_skeleton.")
