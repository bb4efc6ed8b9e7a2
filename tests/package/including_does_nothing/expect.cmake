# CMakeLists.txt checks what find_package() did.
set(only_builds TRUE)
