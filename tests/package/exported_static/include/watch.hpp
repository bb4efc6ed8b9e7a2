#pragma once

#include <string>

// Returns which BTF it loads the program with, and how many of its own 100 system calls the program
// saw.
std::string watch_own_calls();
