#pragma once

#include <calls.skel.hpp>

ebpf::calls open_with_limit(int limit);
