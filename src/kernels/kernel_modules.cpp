#include "kernels/kernel_modules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "input/container.hpp"
#include "input/elf_sections.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// Interfaces to attach to, and what tc programs need.
constexpr std::array wanted_modules{std::string_view("veth"), std::string_view("dummy"),
                                    std::string_view("sch_ingress"), std::string_view("cls_bpf"),
                                    std::string_view("act_bpf")};
constexpr std::size_t largest_module = std::size_t{64} << 20;

// "x/cls_bpf.ko.xz" -> "cls_bpf". Empty for other files. The kernel takes - and _ as equal.
std::string module_name(std::string_view path) {
  const auto slash = path.rfind('/');
  auto name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  const auto end = name.find(".ko");
  if (end == std::string_view::npos || (end + 3 != name.size() && name[end + 3] != '.'))
    return {};
  std::string result(name.substr(0, end));
  std::ranges::replace(result, '-', '_');
  return result;
}

// Returns the names in "depends=a,b" of a module's .modinfo.
std::vector<std::string> dependencies(const kernel_module& module) {
  const elf_sections file(module.bytes, module.name);
  const auto section = file.find(".modinfo");
  std::vector<std::string> names;
  auto rest = section ? as_text(*section) : std::string_view();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    auto entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    constexpr std::string_view key = "depends=";
    if (!entry.starts_with(key))
      continue;
    entry.remove_prefix(key.size());
    while (!entry.empty()) {
      const auto comma = std::min(entry.find(','), entry.size());
      names.emplace_back(entry.substr(0, comma));
      std::ranges::replace(names.back(), '-', '_');
      entry.remove_prefix(std::min(comma + 1, entry.size()));
    }
  }
  return names;
}

class module_collector {
 public:
  explicit module_collector(const fs::path& directory) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      auto name = module_name(entry->path().string());
      if (!name.empty())
        files_.emplace(std::move(name), entry->path());
    }
  }

  void add(const std::string& name) {
    const auto file = files_.find(name);
    if (file == files_.end() || !added_.insert(name).second)
      return;
    kernel_module module{name, read_module(file->second)};
    for (const auto& needed : dependencies(module))
      add(needed);
    modules_.push_back(std::move(module));
  }

  std::vector<kernel_module> take() { return std::move(modules_); }

 private:
  static std::vector<std::uint8_t> read_module(const fs::path& path) {
    auto file = unwrap(read_file(path), path);
    std::vector<std::uint8_t> bytes(largest_module);
    bytes.resize(file.streams.innermost().read(bytes));
    if (bytes.size() == largest_module || !is_elf(bytes))
      throw failure(fmt::format("'{}' is no kernel module", path.string()));
    return bytes;
  }

  std::map<std::string, fs::path> files_;
  std::set<std::string> added_;
  std::vector<kernel_module> modules_;
};

}  // namespace

std::vector<kernel_module> find_test_modules(const fs::path& directory) {
  module_collector collector(directory);
  for (const auto name : wanted_modules)
    collector.add(std::string(name));
  return collector.take();
}

bool may_be_test_module(std::string_view path) {
  // What they depend on is known only when they are unpacked, and is in these directories, too.
  const auto name = module_name(path);
  return !name.empty() && (path.find("/kernel/net/sched/") != std::string_view::npos ||
                           path.find("/kernel/net/core/") != std::string_view::npos ||
                           std::ranges::find(wanted_modules, name) != wanted_modules.end());
}

}  // namespace ebpfkit::host
