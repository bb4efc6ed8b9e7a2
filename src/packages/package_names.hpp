// Names of the packages that have what EbpfKit needs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the text of modules/detail/packages.txt. The build writes this function.
std::string_view package_table();

// Returns how the user installs what the keys stand for, in the words of the machine's
// distribution: "apt install flex bison", "dnf install flex bison". On other systems the names are
// Debian's: "the packages flex, bison (names of Debian)". The keys are in the first column of
// `table`. Throws std::logic_error for a key that is not there. `distributions` is what
// distributions_of_machine() returns.
std::string install_hint(std::string_view table, std::span<const std::string_view> keys,
                         std::span<const std::string> distributions);

}  // namespace ebpfkit::host
