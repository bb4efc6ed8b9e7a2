// Splits one text into words, as a shell splits a command line, and writes words for a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Splits `text` at blanks. Quotes and backslashes keep blanks inside a word as in sh(1), but
// nothing is expanded. Throws `failure` for a quote that does not end.
std::vector<std::string> split_shell_words(std::string_view text);

// Replaces each word "SHELL:..." by the words that it holds. CMake writes options that belong
// together in this way in a target's COMPILE_OPTIONS (target_compile_options(), "Option
// De-duplication").
std::vector<std::string> expand_shell_options(const std::vector<std::string>& words);

// Returns the words with blanks between them, as a user writes them for sh(1). Puts quotes around
// words in which a shell would see more than plain characters.
std::string shell_command(const std::vector<std::string>& words);

}  // namespace ebpfkit::host
