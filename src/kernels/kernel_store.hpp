// The cache of kernels that virtual machines boot.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host {

// A kernel and what belongs to it. The files stand in one directory of the cache, or where the user
// has them.
struct bootable_kernel {
  std::string name;          // as the user wrote it: "debian/6.1/amd64", a path, "...:no-btf"
  std::string release;       // "6.1.0-42-cloud-amd64"; may be empty
  std::string architecture;  // "x86_64", "arm64"
  std::filesystem::path image;
  std::filesystem::path configuration;         // empty: unknown
  std::filesystem::path btf;                   // raw BTF; empty: there is none
  std::vector<std::filesystem::path> modules;  // unpacked, in the order in which they are loaded
  // The kernel runs without BTF although its image has some. `btf` still has it, as BTF of a kernel
  // that has none of its own (detached BTF).
  bool hides_btf = false;
  bool has_own_btf = true;  // false also when it is hidden
};

// What kernel.json in the cache says.
struct stored_kernel {
  std::string name;
  std::string release;
  std::string architecture;
  std::string
      package;  // "linux-image-6.1.0-42-cloud-amd64_6.1.159-1_amd64.deb", or the imported file
  std::string sha256;        // of the package or file
  std::string build_digest;  // of what it was built from; empty: it was not built here
  std::filesystem::path directory;
  std::uint64_t size = 0;  // of all files, in bytes
  std::string problem;     // why it is damaged; empty when it is sound
};

// A kernel that is written into the cache.
struct new_kernel {
  std::filesystem::path kernel;         // any file that read_boot_image() reads
  std::filesystem::path configuration;  // empty: none
  std::filesystem::path modules;        // a directory with modules below it; empty: none
  std::filesystem::path btf;            // detached BTF of a kernel without its own; empty: none
  std::string package;
  std::string sha256;
  std::string build_digest;  // empty: it was not built here
};

// The word behind a kernel's name that hides its BTF: "debian/6.1/amd64:no-btf".
inline constexpr std::string_view no_btf_suffix = ":no-btf";

// CACHE/kernels/<distribution>/<version>/<architecture>.
class kernel_store {
 public:
  // `cache` may be empty: default_cache().
  explicit kernel_store(std::filesystem::path cache);

  const std::filesystem::path& cache() const { return cache_; }

  // Returns the name in its usual form: "debian/6.1/amd64" for "debian/6.1/x86_64". Throws
  // `failure` when it is no name of a kernel: three parts of letters, digits and . _ + -.
  static std::string usual_name(std::string_view name);

  // Returns Debian's name of an architecture, because the kernels are Debian's: "amd64" for
  // "x86_64". Other names stay as they are.
  static std::string usual_architecture(const std::string& name);

  bool has(const std::string& name) const;

  // Returns the kernel in the cache, or the kernel in the file or build tree `name`. Throws
  // `failure` with the nearest names, and the command that fetches it.
  bootable_kernel find(const std::string& name) const;

  std::vector<stored_kernel> list() const;

  // Returns what the cache says about a kernel. Nothing when it is not there or damaged.
  std::optional<stored_kernel> find_sound(const std::string& name) const;

  // Writes a kernel into the cache. The old one of that name stays until the new one is complete.
  // Throws `failure` when the kernel cannot be booted, or gets BTF although it has some.
  void add(const std::string& name, const new_kernel& files) const;

  // Compares the SHA-256 of each file of a kernel in the cache with what was written. Returns a
  // line for each difference.
  std::vector<std::string> find_differences(const std::string& name) const;

  // Puts the kernel's BTF into CACHE/btf, the cache of BTF, under the kernel's name, unless it is
  // there. The default cache is also that of the CMake commands. add() does this, too.
  void publish_btf(const std::string& name) const;

  // Removes what find() keeps of image files and build trees.
  void remove_unpacked_files() const;

  // Throws `failure` when the kernel is not in the cache.
  void remove(const std::string& name) const;

 private:
  std::filesystem::path directory(const std::string& name) const;
  stored_kernel describe(const std::string& name) const;
  std::filesystem::path published_btf(const std::string& name) const;
  void unpublish_btf(const std::string& name) const;
  bootable_kernel find_cached(const std::string& name) const;
  bootable_kernel find_image(const std::filesystem::path& image) const;

  std::filesystem::path cache_;
};

}  // namespace ebpfkit::host
