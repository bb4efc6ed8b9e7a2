// Packages and sources of packages from the machine's own package sources, through apt.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// A file on the mirror. Its SHA-256 is from lists whose signature apt has checked.
struct package_file {
  std::string address;
  std::string name;
  std::string sha256;
};

// One line or paragraph of apt's sources.
struct package_site {
  std::string address;
  std::string suite;
  std::vector<std::string> components;
  std::string keys;  // path of the keyring that must have signed it; empty: one of apt's own
};

// Returns the site of the machine's distribution in what `apt-get indextargets` prints in the
// format index_format(): its main suite, not that of updates. `distributions` are the words of ID
// and ID_LIKE in os-release(5). Returns nothing when there is none.
std::optional<package_site> find_main_site(std::string_view index,
                                           const std::vector<std::string>& distributions);
std::string index_format();

// Returns the value of Signed-By in the entry `entry` ("/etc/apt/sources.list:3") of apt's sources,
// whose text is `text`: a path, or the key itself, or an empty text.
std::string signed_by(std::string_view text, std::string_view entry);

// Reads the lines of `apt-get --print-uris`. Leaves out lines without a SHA-256.
std::vector<package_file> parse_uris(std::string_view text);

// apt with lists and a cache of its own. It needs no root, and changes nothing of the machine's
// apt.
class apt_packages {
 public:
  using progress = std::function<void(std::string_view)>;

  // `architecture` is Debian's name of a CPU; empty: that of the machine. Reads the lists from the
  // mirror when `cache` does not have them, or when `update` is set. `suite` is another suite of
  // the same mirror, for binary packages only; empty: that of the machine, with sources. `advice`
  // is what the user can do without apt; it ends the remedies of all failures. Throws `failure`
  // when the machine has no apt, apt has no sources, and when the mirror cannot be reached or has
  // no such suite.
  apt_packages(std::filesystem::path cache, std::string architecture, std::string suite,
               std::string advice, bool update, const progress& report);

  // Finds the binary packages. An element is empty when the mirror has no package of that name.
  std::vector<std::optional<package_file>> find_packages(
      const std::vector<std::string>& names) const;

  // Returns the names of all binary packages that begin with `prefix`.
  std::vector<std::string> names_with_prefix(const std::string& prefix) const;

  // Finds the original archives of source packages, likewise.
  std::vector<std::optional<package_file>> find_sources(
      const std::vector<std::string>& names) const;

  // Downloads what the cache does not have, and returns the paths, in order. Throws `failure`.
  std::vector<std::filesystem::path> fetch(const std::vector<package_file>& files) const;

 private:
  std::vector<std::optional<package_file>> find(const std::vector<std::string>& names,
                                                bool sources) const;
  // Each CPU has a list of its own: two processes may ask for two CPUs at once.
  std::filesystem::path sources_list() const;
  void write_configuration() const;
  void update_lists() const;
  std::vector<std::string> apt_command(std::string_view program) const;

  std::filesystem::path cache_;
  std::filesystem::path directory_;  // of the private apt
  std::string architecture_;
  std::string suite_;
  std::string advice_;
};

// Returns the words of ID and ID_LIKE in os-release(5), in lower case.
std::vector<std::string> distributions_of_machine();

}  // namespace ebpfkit::host
