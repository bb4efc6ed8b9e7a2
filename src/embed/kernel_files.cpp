#include "embed/kernel_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "input/btf_cache.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

class finder {
 public:
  explicit finder(const fs::path& cache) : cache_(cache) {}

  void add(const std::string& word) {
    std::error_code error;
    if (fs::is_directory(word, error))
      search(word);
    else if (fs::exists(word, error))
      add_file(word);
    else if (const auto equals = word.rfind('='); equals != std::string::npos)
      add_named_file(word.substr(0, equals), parse_kernel_identity(word.substr(equals + 1)));
    else if (is_cache_name(word))
      add_cached(word);
    else
      throw failure(fmt::format("'{}': there is no such file or directory", printable(word)),
                    unreadable_file_remedy(word) +
                        "\n  Name files with BTF, directories of them, or names in the BTF cache.");
  }

  kernel_files finish() {
    kernel_files found;
    for (auto& [path, named] : files_) {
      if (named.empty())
        found.files.push_back({path, kernel_identity_of_path(path)});
      for (const auto& identity : named)
        found.files.push_back({path, identity});
    }
    found.directories = std::move(directories_);
    std::ranges::sort(found.directories);
    return found;
  }

 private:
  // The path tells the kernel, if the user does not say which it is.
  void add_file(const fs::path& path) { files_.try_emplace(path); }

  void add_named_file(const fs::path& path, const kernel_identity& identity) {
    std::error_code error;
    if (!fs::exists(path, error))
      throw failure(fmt::format("'{}': there is no such file", printable(path.string())),
                    "Check the path in front of '='.");
    files_[path].insert(identity);
  }

  void add_cached(const std::string& name) {
    const auto cache = cache_.empty() ? default_btf_cache() : cache_;
    try {
      const auto path = find_cached_btf(cache, name);
      add_file(path);
    } catch (const failure& error) {
      throw failure(fmt::format("'{}' is no file, and {}", name, error.what()), error.remedy());
    }
  }

  void search(const fs::path& directory) {
    const auto before = files_.size();
    // Remember the directories by their real paths, because links may form a cycle. Follow links
    // last and in order, so that the result does not depend on the file system's order.
    std::set<fs::path> seen;
    std::set<fs::path> links{directory};
    while (!links.empty()) {
      const auto next = links.extract(links.begin()).value();
      if (is_new(next, seen))
        search_below(next, seen, links);
    }
    if (files_.size() == before)
      throw failure(fmt::format("'{}': there is no BTF in this directory", directory.string()),
                    "Files in it are found by their names: <release>.btf, .btf.tar.xz, vmlinux...");
  }

  bool is_new(const fs::path& directory, std::set<fs::path>& seen) {
    std::error_code error;
    const auto real = fs::canonical(directory, error);
    if (error)
      fail_search(directory, error);
    if (!seen.insert(real).second)
      return false;
    directories_.push_back(directory);
    return true;
  }

  void search_below(const fs::path& directory, std::set<fs::path>& seen,
                    std::set<fs::path>& links) {
    std::error_code error;
    fs::recursive_directory_iterator entry(directory, error);
    for (const fs::recursive_directory_iterator end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) {
        if (entry->is_symlink(ignored))
          links.insert(entry->path());
        else if (!is_new(entry->path(), seen))
          entry.disable_recursion_pending();
      } else if (has_btf_file_name(entry->path()) && entry->is_regular_file(ignored)) {
        add_file(entry->path());
      }
    }
    if (error)
      fail_search(directory, error);
  }

  [[noreturn]] static void fail_search(const fs::path& directory, const std::error_code& error) {
    throw failure(fmt::format("cannot search '{}': {}", directory.string(), error.message()),
                  "Check its permissions.");
  }

  const fs::path& cache_;
  std::map<fs::path, std::set<kernel_identity>> files_;  // with the identities that the user gave
  std::vector<fs::path> directories_;
};

}  // namespace

kernel_files find_kernel_files(const std::vector<std::string>& words, const fs::path& cache) {
  finder found(cache);
  for (const auto& word : words)
    found.add(word);
  return found.finish();
}

}  // namespace ebpfkit::host
