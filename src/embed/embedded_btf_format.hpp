// The format of embedded BTF. The runtime library defines it and reads it in applications; the host
// tool compiles the same files (src/rooms.cmake) to write it and to look into it.
#pragma once

#include "runtime/kernel_types/embedded_btf.hpp"
