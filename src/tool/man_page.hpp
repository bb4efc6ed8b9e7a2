// Descriptions of commands, and man pages made of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host::tool {

// An option or a positional of a command.
struct manual_option {
  std::string names;  // "-q, --quiet"; of a positional, its name
  std::string value;  // what follows an option, "TEXT"; empty for a flag and a positional
  std::string default_value;
  std::string description;
  bool is_positional = false;
  bool is_required = false;
  bool is_repeated = false;
};

struct manual_command {
  std::string path;  // the words that call it: "ebpfkit core check"
  std::string description;
  std::string footer;  // what --help says last; may be empty
  std::vector<manual_option> options;
  std::vector<manual_command> subcommands;
};

struct man_page {
  std::string file_name;  // "ebpfkit-core.1"
  std::string text;       // for man(7)
};

// Returns the command line: "ebpfkit core check [OPTION]... --btf TEXT... object...".
std::string synopsis_of(const manual_command& command);

// Returns the page of a program, and one for each of its subcommands. A subcommand's page has the
// subcommands of that, too. `version` is the program's. The pages have no date, so equal programs
// have equal pages.
std::vector<man_page> man_pages(const manual_command& program, std::string_view version);

// Returns a text as man(7) shows it literally. Lines that would begin a request do not.
std::string roff_text(std::string_view text);

}  // namespace ebpfkit::host::tool
