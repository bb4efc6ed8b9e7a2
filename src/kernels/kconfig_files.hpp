// What a kernel's Kconfig files say.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// Returns a text about an option, for a message: "it depends on MODULES, HAVE_KPROBES
// (arch/Kconfig:50)", or that the sources have no such option. `name` is without "CONFIG_". Reads
// all files below `source` whose names begin with "Kconfig".
std::string describe_kconfig_option(const std::filesystem::path& source, std::string_view name);

}  // namespace ebpfkit::host
