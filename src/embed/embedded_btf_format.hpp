// The format of embedded BTF. The runtime library defines it and reads it in applications. The host
// tool compiles the same files (src/rooms.cmake) to write and to inspect it.
#pragma once

#include "runtime/kernel_types/embedded_btf.hpp"
