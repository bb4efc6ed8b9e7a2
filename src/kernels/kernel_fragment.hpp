// Fragments of a kernel's configuration, and whether a kernel took them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// One line of a fragment.
struct kernel_option {
  std::string name;   // "CONFIG_BPF_SYSCALL"
  std::string value;  // as Kconfig writes it: y, 250, 0x10, "bpf"; n: is not set
  bool is_optional = false;
  std::string origin;  // where it stands: "bpf-full.config:12"
};

// A fragment that the tool has in itself.
struct shipped_fragment {
  std::string_view name;  // name of the file without ".config": "bpf-full", "machine.amd64"
  std::string_view text;
};

// Returns the files of modules/kernel_fragments. The build writes this function.
std::span<const shipped_fragment> shipped_fragments();

// Returns the names that --fragment takes, without those of machines.
std::vector<std::string_view> fragment_names();

// Reads a fragment. `file` is its name for messages. The lines are those that Kconfig writes:
// `CONFIG_X=y`, `CONFIG_X="text"`, `# CONFIG_X is not set`, and other comments.
// `# optional CONFIG_X=y` is a comment for Kconfig. Here it asks for an option that not every
// version of the kernel can have. Throws `failure` for another line, for two values of one option,
// and for =m, because no modules are built.
std::vector<kernel_option> parse_fragment(std::string_view text, const std::string& file);

// Returns the options of all fragments for a kernel of this architecture ("amd64", "arm64"): first
// what a machine needs, then each fragment in order. Each option is there once; the last one wins.
// A fragment is a shipped name or a file. Throws `failure`.
std::vector<kernel_option> read_fragments(std::span<const std::string> fragments,
                                          std::string_view architecture);

// Returns the options as a configuration, for Kconfig.
std::string configuration_text(std::span<const kernel_option> options);

// Returns the value that a kernel's configuration (.config) has for the option; "n" when it is not
// set or not there.
std::string value_in(std::string_view configuration, std::string_view name);

// Returns the options that have another value in a kernel's configuration.
std::vector<kernel_option> find_untaken(std::span<const kernel_option> options,
                                        std::string_view configuration);

// Throws `failure` when the kernel's configuration lacks an option that is not optional. The
// message names each option, and what the Kconfig files below `source` say about it.
void require_taken(std::span<const kernel_option> options, std::string_view configuration,
                   const std::filesystem::path& source);

}  // namespace ebpfkit::host
