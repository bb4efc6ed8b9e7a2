#include "kernels/kernel_fetch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "kernels/debian_suites.hpp"
#include "kernels/kernel_modules.hpp"
#include "packages/apt_packages.hpp"
#include "packages/extract.hpp"
#include "support/failure.hpp"
#include "support/file_lock.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// A full disk, for example, would fail for each version.
constexpr std::size_t most_versions = 3;

constexpr std::string_view import_advice =
    "A kernel from elsewhere: ebpfkit kernel import FILE --name NAME.";

struct kernel_name {
  std::string series;
  std::string architecture;  // Debian's
};

kernel_name parse(const std::string& name) {
  const auto first = name.find('/');
  const auto last = name.rfind('/');
  if (name.substr(0, first) != "debian")
    throw failure(fmt::format("'{}': only kernels of Debian can be fetched", name),
                  fmt::format("Names are like debian/6.1/amd64. {}", import_advice));
  kernel_name parsed{name.substr(first + 1, last - first - 1), name.substr(last + 1)};
  if (parsed.architecture != "amd64" && parsed.architecture != "arm64")
    throw failure(fmt::format("'{}': machines of '{}' cannot be booted", name, parsed.architecture),
                  "The architecture is amd64 or arm64.");
  return parsed;
}

// Returns the names of the packages with the series' images, the best first. Since 6.19, the image
// is in linux-binary-* and linux-image-* is empty.
std::vector<std::string> image_packages(const apt_packages& apt, const kernel_name& wanted) {
  std::vector<std::string> found;
  for (const auto prefix : {"linux-binary-", "linux-image-"}) {
    std::vector<std::string> names;
    for (const auto& name : apt.names_with_prefix(prefix + wanted.series)) {
      const auto rest =
          std::string_view(name).substr(std::string_view(prefix).size() + wanted.series.size());
      const bool is_series =
          rest.empty() || std::isdigit(static_cast<unsigned char>(rest.front())) == 0;
      if (is_series && rest.ends_with("-" + wanted.architecture) &&
          rest.find("-rt-") == std::string_view::npos &&
          rest.find("-dbg") == std::string_view::npos)
        names.push_back(name);
    }
    std::ranges::stable_sort(names, [](const std::string& a, const std::string& b) {
      const bool is_cloud_a = a.find("-cloud-") != std::string::npos;
      const bool is_cloud_b = b.find("-cloud-") != std::string::npos;
      return is_cloud_a != is_cloud_b ? is_cloud_a : numbers_in(a) > numbers_in(b);
    });
    found.insert(found.end(), names.begin(), names.end());
  }
  return found;
}

class kernel_fetcher {
 public:
  kernel_fetcher(const kernel_store& store, const std::string& name,
                 const std::function<void(std::string_view)>& report, bool update)
      : store_(store), name_(name), wanted_(parse(name)), report_(report), update_(update) {}

  void run() {
    for (const auto& suite : suites_with_series(wanted_.series)) {
      try {
        const apt_packages apt(
            store_.cache(), wanted_.architecture, suite, std::string(import_advice), update_,
            [&](std::string_view what) { say(fmt::format("{} ({})", what, suite)); });
        has_answer_ = true;
        if (take_from(apt))
          return;
      } catch (const failure& problem) {
        // Without apt, each suite fails in the same way.
        if (last_problem_ != problem.what())
          problems_.push_back(fmt::format("{}: {}", suite, problem.what()));
        last_problem_ = problem.what();
        remedy_ = problem.remedy();
      }
    }
    // Nothing is known about what the mirror has.
    if (!has_answer_)
      throw failure(
          fmt::format("cannot fetch the kernel '{}':\n  {}", name_, fmt::join(problems_, "\n  ")),
          remedy_);
    if (!seen_.empty())
      for (const auto& suite : debian_suites())
        if (!suite.series.empty())
          seen_.insert(fmt::format("debian/{}/{}", suite.series, wanted_.architecture));
    throw failure(fmt::format("the mirror of this machine has no kernel '{}'{}{}", name_,
                              problems_.empty() ? "" : ":\n  ", fmt::join(problems_, "\n  ")),
                  fmt::format("{}{}", seen_.empty() ? "" : fmt::format("Debian has {}. ", list()),
                              import_advice));
  }

 private:
  void say(std::string_view what) const { report_(fmt::format("kernel {}: {}", name_, what)); }

  std::string list() const {
    return list_names(std::vector<std::string>(seen_.begin(), seen_.end()), seen_.size());
  }

  // Series that the suite has, for the message when ours is not there.
  void note_series(const apt_packages& apt) {
    for (const auto& name : apt.names_with_prefix("linux-image-")) {
      auto rest = std::string_view(name).substr(std::string_view("linux-image-").size());
      const auto dot = rest.find('.');
      if (dot == std::string_view::npos || !rest.ends_with("-" + wanted_.architecture))
        continue;
      const auto end = rest.find_first_not_of("0123456789", dot + 1);
      const auto series = rest.substr(0, end);
      if (std::ranges::all_of(series,
                              [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; }))
        seen_.insert(fmt::format("debian/{}/{}", series, wanted_.architecture));
    }
  }

  // Mirrors drift: an index may name files that are gone. So the next version is tried.
  bool take_from(const apt_packages& apt) {
    const auto names = image_packages(apt, wanted_);
    if (names.empty())
      note_series(apt);
    // clang 14 cannot use the views of g++ 12's library.
    for (std::size_t i = 0; i < std::min(names.size(), most_versions); ++i) {
      const auto& name = names[i];
      std::vector<std::string> packages{name};
      constexpr std::string_view binary = "linux-binary-";
      if (name.starts_with(binary)) {
        packages.push_back("linux-modules-" + name.substr(binary.size()));
        packages.push_back("linux-base-" + name.substr(binary.size()));
      }
      std::vector<package_file> files;
      for (const auto& found : apt.find_packages(packages))
        if (found)
          files.push_back(*found);
      if (files.empty())
        continue;
      try {
        say(fmt::format("downloading {}", files.front().name));
        if (add(apt.fetch(files), files.front()))
          return true;
      } catch (const failure& problem) {
        problems_.push_back(problem.what());
      }
    }
    return false;
  }

  bool add(const std::vector<fs::path>& archives, const package_file& package) {
    say("unpacking");
    const auto parent = store_.cache() / "unpacking";
    std::error_code error;
    fs::create_directories(parent, error);
    const temporary_entry unpacked(parent, temporary_entry::type::directory);
    for (const auto& archive : archives)
      extract_archive(archive, unpacked.path(), [](std::string_view path) {
        const auto slash = path.rfind('/');
        const auto file = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
        return file.starts_with("vmlinuz") || file == "config" || file.starts_with("config-") ||
               may_be_test_module(path);
      });
    new_kernel files;
    for (fs::recursive_directory_iterator entry(unpacked.path(), error), end;
         !error && entry != end; entry.increment(error)) {
      const auto file = entry->path().filename().string();
      if (file.starts_with("vmlinuz"))
        files.kernel = entry->path();
      else if (file == "config" || file.starts_with("config-"))
        files.configuration = entry->path();
    }
    if (files.kernel.empty())
      return false;
    files.modules = unpacked.path();
    files.package = package.name;
    files.sha256 = package.sha256;
    store_.add(name_, files);
    return true;
  }

  const kernel_store& store_;
  const std::string& name_;
  kernel_name wanted_;
  const std::function<void(std::string_view)>& report_;
  bool update_;
  bool has_answer_ = false;  // a suite's lists could be read
  std::vector<std::string> problems_;
  std::string last_problem_;
  std::string remedy_;  // of the last problem
  std::set<std::string> seen_;
};

}  // namespace

void fetch_kernel(const kernel_store& store, const std::string& name, bool update,
                  const std::function<void(std::string_view)>& report) {
  auto lock_name = "kernel-" + name;
  std::ranges::replace(lock_name, '/', '-');
  const file_lock lock(store.cache() / "locks" / lock_name, [&] {
    report(fmt::format("kernel {}: waits for another process that fetches it", name));
  });
  // The other process may have fetched it.
  if (update || !store.has(name))
    kernel_fetcher(store, name, report, update).run();
}

}  // namespace ebpfkit::host
