#include "sysroot/source_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

#include "support/fact_digest.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/nearest_names.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"
#include "sysroot/recipe_version.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits_in_names = 16;
constexpr int deepest_root = 4;

const std::vector<source_kind>& kinds() {
  static const std::vector<source_kind> all{
      {"musl",
       "the C library musl",
       "include/alltypes.h.in",
       {"include/", "arch/", "src/", "crt/", "ldso/", "compat/", "VERSION", "COPYRIGHT"}},
      {"compiler-rt",
       "LLVM's compiler-rt",
       "lib/builtins/int_lib.h",
       {"lib/builtins/", "lib/crt/", "LICENSE.TXT"}},
      {"linux-headers",
       "headers of the kernel, as `make headers_install` makes them for the target",
       "linux/bpf.h",
       {"linux/", "asm/", "asm-generic/"}},
      {"llvm",
       "LLVM's libcxx, libcxxabi and libunwind",
       "libcxx/include/__config",
       {"libcxx/src/", "libcxx/include/", "libcxx/vendor/", "libcxx/LICENSE.TXT", "libcxxabi/src/",
        "libcxxabi/include/", "libcxxabi/LICENSE.TXT", "libunwind/src/", "libunwind/include/",
        "libunwind/LICENSE.TXT", "compiler-rt/lib/builtins/", "compiler-rt/lib/crt/",
        "compiler-rt/LICENSE.TXT", "libc/shared/", "libc/src/__support/",
        "libc/include/llvm-libc-macros/", "libc/include/llvm-libc-types/", "libc/hdr/"}},
      {"zlib", "zlib", "inflate.h", {"zlib.h", "zconf.h", "README", "LICENSE", "*.c", "*.h"}},
      {"elfutils",
       "elfutils",
       "libelf/libelfP.h",
       {"libelf/", "lib/", "COPYING", "COPYING-GPLV2", "COPYING-LGPLV3"}},
      {"libbpf",
       "libbpf",
       "src/libbpf.c",
       {"src/", "include/", "LICENSE", "LICENSE.BSD-2-Clause", "LICENSE.LGPL-2.1"}}};
  return all;
}

// `*.c` in a list of wanted files stands for files of the root itself.
bool is_wanted(std::string_view path, std::span<const std::string_view> wanted) {
  return std::ranges::any_of(wanted, [&](std::string_view one) {
    if (one.ends_with('/'))
      return path.starts_with(one);
    if (one.starts_with('*'))
      return path.ends_with(one.substr(1)) && path.find('/') == std::string_view::npos;
    return path == one;
  });
}

[[noreturn]] void fail_kind(const source_kind& kind, const fs::path& path) {
  throw failure(fmt::format("--source {}={}: it does not have the file '{}', so it is not {}",
                            kind.name, path.string(), kind.marker, kind.what),
                fmt::format("Give the directory or the archive of {}: --source {}=PATH.", kind.what,
                            kind.name));
}

}  // namespace

std::span<const source_kind> source_kinds() {
  return kinds();
}

const source_kind& find_source_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds(), name, &source_kind::name);
  if (found != kinds().end())
    return *found;
  std::vector<std::string_view> names;
  for (const auto& kind : kinds())
    names.push_back(kind.name);
  throw failure(fmt::format("--source: there is no source '{}'{}", printable(name),
                            nearest_names_hint(name, names)),
                fmt::format("Sources are: {}.", fmt::join(names, ", ")));
}

fs::path find_root(const fs::path& directory, std::string_view marker) {
  std::vector<fs::path> level{directory};
  std::error_code error;
  for (int depth = 0; depth <= deepest_root; ++depth) {
    std::vector<fs::path> below;
    for (const auto& candidate : level) {
      if (fs::is_regular_file(candidate / marker, error))
        return candidate;
      for (fs::directory_iterator entry(candidate, error), end; !error && entry != end;
           entry.increment(error)) {
        if (entry->is_directory(error) && !entry->is_symlink(error))
          below.push_back(entry->path());
      }
    }
    std::ranges::sort(below);
    level = std::move(below);
  }
  return {};
}

std::string sha256_of_tree(const fs::path& root, std::span<const std::string_view> wanted) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().lexically_relative(root).generic_string();
    if (entry->is_directory()) {
      const auto inside = name + "/";
      const bool leads_to_wanted = std::ranges::any_of(wanted, [&](std::string_view one) {
        return one.starts_with(inside) || inside.starts_with(one);
      });
      if (!leads_to_wanted)
        entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_wanted(name, wanted)) {
      names.push_back(name);
    }
  }
  if (error)
    throw failure(
        fmt::format("cannot read the directory '{}': {}", root.string(), error.message()));
  std::ranges::sort(names);
  fact_digest digest;
  for (const auto& name : names)
    digest.add(name, sha256_of_file(root / name));
  return digest.hex();
}

fs::path unpack(std::string_view name, const fs::path& archive, const std::string& sha256,
                const fs::path& cache, const member_filter& is_wanted_member) {
  // The recipe's version says which files are wanted.
  const auto entry_name =
      fmt::format("{}-{}-{}", name, sha256.substr(0, digits_in_names), recipe_version);
  const auto directory = cache / "sources" / entry_name;
  std::error_code error;
  const file_lock lock(cache / "locks" / entry_name);
  if (fs::is_directory(directory, error))
    return directory;
  // Whoever unpacked it here was killed, because this process has the lock.
  const auto unpacking = cache / "unpacking" / entry_name;
  fs::remove_all(unpacking, error);
  fs::create_directories(directory.parent_path(), error);
  if (!error)
    fs::create_directories(unpacking, error);
  if (error)
    throw failure(
        fmt::format("cannot make the directory '{}': {}", unpacking.string(), error.message()),
        "Name a directory where you may write: --cache DIR.");
  {
    temporary_entry unpacked(unpacking, temporary_entry::type::directory);
    extract_archive(archive, unpacked.path(), is_wanted_member);
    fs::rename(unpacked.path(), directory, error);
    if (error)
      throw failure(fmt::format("cannot rename '{}' to '{}': {}", unpacked.path().string(),
                                directory.string(), error.message()));
    unpacked.release();
  }
  fs::remove(unpacking, error);
  return directory;
}

source_tree open_archive(const source_kind& kind, const fs::path& archive,
                         const std::string& sha256, const fs::path& cache) {
  // An archive has one directory at its top, or none. Of headers, it may have more.
  const auto directory = unpack(kind.name, archive, sha256, cache, [&](std::string_view path) {
    if (kind.name == "linux-headers")
      return path.find("include/") != std::string_view::npos || is_wanted(path, kind.wanted);
    return is_wanted(without_first_directory(path), kind.wanted) || is_wanted(path, kind.wanted);
  });
  const auto root = find_root(directory, kind.marker);
  if (root.empty())
    fail_kind(kind, archive);
  const auto file = archive.filename().string();
  return {root, {std::string(kind.name), version_in_file_name(file), file, sha256}};
}

source_tree open_source(const source_kind& kind, const fs::path& path, const fs::path& cache) {
  std::error_code error;
  const auto absolute = fs::canonical(path, error);
  if (error)
    throw failure(fmt::format("--source {}={}: {}", kind.name, path.string(), error.message()),
                  fmt::format("Give the directory or the archive of {}.", kind.what));
  if (!fs::is_directory(absolute, error))
    return open_archive(kind, absolute, sha256_of_file(absolute), cache);
  auto root = find_root(absolute, kind.marker);
  // The directory of the whole LLVM project has compiler-rt below it, and headers may be in
  // usr/include.
  if (root.empty())
    fail_kind(kind, path);
  return {root,
          {std::string(kind.name), "", absolute.filename().string(),
           sha256_of_tree(root, kind.wanted)}};
}

std::string version_in_file_name(std::string_view file) {
  const auto begin = file.find_first_of("_-");
  if (begin == std::string_view::npos)
    return {};
  auto rest = file.substr(begin + 1);
  // musl_1.2.3.orig.tar.gz, zlib-1.3.tar.gz, musl-dev_1.2.3-1_arm64.deb,
  // zlib_1.2.13.dfsg.orig.tar.bz2
  if (const auto underscore = file.find('_'); underscore != std::string_view::npos)
    rest = file.substr(underscore + 1);
  for (const std::string_view end : {".orig", ".tar", ".deb", ".src", "_"})
    rest = rest.substr(0, rest.find(end));
  // In the names of files apt writes %3a for the colon of an epoch, which tells nothing.
  constexpr std::string_view colon = "%3a";
  if (const auto epoch = rest.find(colon); epoch != std::string_view::npos)
    rest = rest.substr(epoch + colon.size());
  return std::string(rest);
}

}  // namespace ebpfkit::host
