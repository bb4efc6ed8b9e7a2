// Words that stand in one text, as on a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Words begin and end at blanks; quotes and backslashes keep blanks in a word as in sh(1), without
// any expansion. Throws `failure` for a quote that does not end.
std::vector<std::string> split_shell_words(std::string_view text);

// Puts in place of each word "SHELL:..." the words that it holds: CMake's way to write options that
// belong together, in COMPILE_OPTIONS of a target (target_compile_options(), "Option
// De-duplication").
std::vector<std::string> expand_shell_options(const std::vector<std::string>& words);

}  // namespace ebpfkit::host
