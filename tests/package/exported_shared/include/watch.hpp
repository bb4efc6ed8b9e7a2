#pragma once

#include <stdexcept>
#include <string>

// Opens the program.
int default_limit();

// Returns which BTF it loads the program with, and how many of its own 100 system calls the program
// saw.
std::string watch_own_calls();

// Throws an exception of the runtime library.
[[noreturn]] void fail();
