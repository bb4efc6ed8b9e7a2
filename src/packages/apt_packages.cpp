#include "packages/apt_packages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view apt_helper = "/usr/lib/apt/apt-helper";
std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string text_of_file(const fs::path& path) {
  const auto bytes = read_file(path);
  return std::string(as_text(bytes));
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::string first_errors(const process_result& result) {
  std::vector<std::string> errors;
  for (const auto& line : split_text(result.errors, '\n')) {
    if (line.starts_with("E:") || line.starts_with("W:"))
      errors.push_back(line);
  }
  constexpr std::size_t most = 3;
  if (errors.size() > most)
    errors.resize(most);
  constexpr std::size_t longest = 1000;
  return errors.empty() ? printable(result.errors, longest)
                        : fmt::format("{}", fmt::join(errors, "\n  "));
}

}  // namespace

std::vector<std::string> distributions_of_machine() {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path path =
      fs::exists("/etc/os-release", error) ? "/etc/os-release" : "/usr/lib/os-release";
  if (!fs::exists(path, error))
    return names;
  for (auto line : split_text(text_of_file(path), '\n')) {
    std::erase_if(line, [](char c) { return c == '"' || c == '\''; });
    for (const std::string_view key : {"ID=", "ID_LIKE="}) {
      if (line.starts_with(key)) {
        for (auto& word : split_text(std::string_view(line).substr(key.size()), ' '))
          names.push_back(lower(word));
      }
    }
  }
  return names;
}

std::string index_format() {
  return "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(SOURCESENTRY)";
}

std::optional<package_site> find_main_site(std::string_view index,
                                           const std::vector<std::string>& distributions) {
  std::optional<package_site> found;
  std::string entry;
  for (const auto& line : split_text(index, '\n')) {
    const auto fields = split_text(line, '|');
    constexpr std::size_t field_count = 5;
    // bookworm-updates and bookworm-security have parts of the packages only.
    if (fields.size() != field_count || fields[1].find('-') != std::string::npos ||
        std::ranges::find(distributions, lower(fields[3])) == distributions.end())
      continue;
    if (!found) {
      found = package_site{fields[0], fields[1], {}, fields[4]};
      entry = fields[1];
    }
    if (fields[0] == found->address && fields[1] == found->suite &&
        std::ranges::find(found->components, fields[2]) == found->components.end())
      found->components.push_back(fields[2]);
  }
  return found;
}

std::string signed_by(std::string_view text, std::string_view entry) {
  const auto colon = entry.rfind(':');
  const auto number_text = colon == std::string_view::npos ? "1" : entry.substr(colon + 1);
  std::size_t number = 0;
  for (const char c : number_text)
    number = number * 10 + static_cast<std::size_t>(c - '0');
  const auto file = entry.substr(0, colon);
  const auto lines = split_text(text, '\n');

  if (!file.ends_with(".sources")) {
    // deb [arch=amd64 signed-by=/path] http://... : apt counts lines.
    if (number == 0 || number > lines.size())
      return {};
    const auto& line = lines[number - 1];
    constexpr std::string_view key = "signed-by=";
    const auto begin = line.find(key);
    if (begin == std::string::npos)
      return {};
    return line.substr(begin + key.size(), line.find_first_of(" ]", begin) - begin - key.size());
  }

  // Paragraphs of fields: apt counts paragraphs. A line that begins with a blank continues the
  // field.
  std::size_t paragraph = 0;
  bool in_paragraph = false;
  bool in_field = false;
  std::string value;
  for (const auto& line : lines) {
    if (line.starts_with('#'))
      continue;
    if (trimmed(line).empty()) {
      in_paragraph = in_field = false;
      continue;
    }
    if (!in_paragraph) {
      in_paragraph = true;
      ++paragraph;
    }
    if (paragraph != number)
      continue;
    if (line.front() == ' ' || line.front() == '\t') {
      // " ." is an empty line.
      if (in_field)
        value += '\n';
      if (in_field && trimmed(line) != ".")
        value += trimmed(line);
      continue;
    }
    constexpr std::string_view key = "signed-by:";
    in_field = lower(line).starts_with(key);
    if (in_field)
      value = trimmed(std::string_view(line).substr(key.size()));
  }
  return value;
}

std::vector<package_file> parse_uris(std::string_view text) {
  // 'http://.../musl_1.2.3.orig.tar.gz' musl_1.2.3.orig.tar.gz 1058642 SHA256:7d5b...
  std::vector<package_file> files;
  for (const auto& line : split_text(text, '\n')) {
    std::istringstream words(line);
    std::string address;
    std::string name;
    std::string size;
    std::string hash;
    words >> address >> name >> size >> hash;
    constexpr std::string_view kind = "SHA256:";
    constexpr std::size_t digits = 64;
    if (address.size() < 2 || address.front() != '\'' || !hash.starts_with(kind) ||
        hash.size() != kind.size() + digits || name.find('/') != std::string::npos)
      continue;
    // apt writes %3a for the colon of an epoch in the name of a file.
    files.push_back({address.substr(1, address.size() - 2), name, hash.substr(kind.size())});
  }
  return files;
}

apt_packages::apt_packages(fs::path cache, std::string architecture, std::string suite,
                           std::string advice, bool update, const progress& report)
    : cache_(std::move(cache)),
      directory_(cache_ / "apt"),
      architecture_(std::move(architecture)),
      suite_(std::move(suite)),
      advice_(std::move(advice)) {
  const file_lock lock(cache_ / "locks" / "apt");
  write_configuration();
  auto done = sources_list();
  done += ".updated";
  const auto configuration = text_of_file(sources_list());
  std::error_code error;
  if (!update && fs::exists(done, error) && text_of_file(done) == configuration)
    return;
  report("reading the lists of packages");
  fs::remove(done, error);
  update_lists();
  write_output(done, configuration, unchanged::keep);
}

fs::path apt_packages::sources_list() const {
  return directory_ / fmt::format("{}{}{}.list", suite_, suite_.empty() ? "" : "-",
                                  architecture_.empty() ? "native" : architecture_);
}

void apt_packages::write_configuration() const {
  process_result index;
  try {
    index = run_process(
        {"apt-get", "indextargets", "--format", index_format(), "Created-By: Packages"});
  } catch (const failure&) {
    throw failure("this machine has no apt-get, which brings packages", advice_);
  }
  if (index.exit_status != 0)
    throw failure(fmt::format("apt-get indextargets failed:\n  {}", first_errors(index)),
                  fmt::format("Mend this machine's apt. {}", advice_));
  const auto site = find_main_site(index.output, distributions_of_machine());
  if (!site)
    throw failure("apt on this machine has no lists of its distribution's main suite",
                  fmt::format("Call apt-get update as root. {}", advice_));

  std::error_code error;
  for (const char* name : {"lists/partial", "cache/archives/partial"})
    fs::create_directories(directory_ / name, error);
  if (error)
    throw failure(fmt::format("cannot make '{}': {}", directory_.string(), error.message()));

  const auto entry = site->keys;
  auto keys = signed_by(text_of_file(entry.substr(0, entry.rfind(':'))), entry);
  if (keys.find('\n') != std::string::npos) {
    const auto file = directory_ / "keys.asc";
    write_output(file, trimmed(keys) + "\n", unchanged::keep);
    keys = file.string();
  }
  const auto signed_option = keys.empty() ? std::string() : fmt::format("signed-by={}", keys);
  const auto components = fmt::format("{}", fmt::join(site->components, " "));
  const auto binary_options = architecture_.empty()
                                  ? signed_option
                                  : fmt::format("arch={} {}", architecture_, signed_option);
  const auto& suite = suite_.empty() ? site->suite : suite_;
  auto lines =
      fmt::format("deb [ {} ] {} {} {}\n", binary_options, site->address, suite, components);
  if (suite_.empty())
    lines +=
        fmt::format("deb-src [ {} ] {} {} {}\n", signed_option, site->address, suite, components);
  write_output(sources_list(), lines, unchanged::keep);
  write_output(directory_ / "status", "", unchanged::keep);
}

std::vector<std::string> apt_packages::apt_command(std::string_view program) const {
  std::vector<std::string> command{std::string(program)};
  const auto set = [&](std::string_view name, const std::string& value) {
    command.insert(command.end(), {"-o", fmt::format("{}={}", name, value)});
  };
  if (!architecture_.empty()) {
    set("APT::Architecture", architecture_);
    set("APT::Architectures", architecture_);
  }
  set("Dir::State::Lists", (directory_ / "lists").string());
  set("Dir::State::status", (directory_ / "status").string());
  set("Dir::Cache", (directory_ / "cache").string());
  set("Dir::Etc::sourcelist", sources_list().string());
  set("Dir::Etc::sourceparts", "/dev/null");
  set("Acquire::Languages", "none");
  // As root, apt would download as another user, who cannot write into the cache.
  set("APT::Sandbox::User", "root");
  // Keep the lists of other CPUs.
  set("APT::Get::List-Cleanup", "false");
  set("Acquire::Retries", "2");
  return command;
}

void apt_packages::update_lists() const {
  auto command = apt_command("apt-get");
  command.insert(command.end(), {"-q", "-o", "APT::Update::Error-Mode=any", "update"});
  const auto result = run_process(command);
  if (result.exit_status == 0)
    return;
  const auto is_full =
      (result.errors + result.output).find("No space left on device") != std::string::npos;
  throw failure(
      fmt::format("apt-get cannot read the lists of packages:\n  {}", first_errors(result)),
      is_full ? fmt::format("Make room on the device of '{}', or name another directory: --cache "
                            "DIR.",
                            directory_.string())
              : fmt::format("Check the network and this machine's apt. {}", advice_));
}

std::vector<std::optional<package_file>> apt_packages::find(const std::vector<std::string>& names,
                                                            bool sources) const {
  const auto run = [&](const std::vector<std::string>& wanted) {
    auto command = apt_command("apt-get");
    command.insert(command.end(), {"-qq", "--print-uris"});
    if (sources)
      command.insert(command.end(), {"--download-only", "source"});
    else
      command.emplace_back("download");
    command.insert(command.end(), wanted.begin(), wanted.end());
    return parse_uris(run_process(command).output);
  };
  const auto pick = [&](const std::vector<package_file>& files, const std::string& name) {
    std::optional<package_file> found;
    for (const auto& file : files) {
      const bool fits = sources ? file.name.starts_with(name + "_") &&
                                      file.name.find(".orig.tar.") != std::string::npos &&
                                      !file.name.ends_with(".asc")
                                : file.name.starts_with(name + "_") && file.name.ends_with(".deb");
      if (fits && !found)
        found = file;
    }
    return found;
  };
  // One call of apt-get is quicker, but it finds nothing when one name is unknown.
  auto all = run(names);
  std::vector<std::optional<package_file>> found;
  for (const auto& name : names)
    found.push_back(pick(all.empty() ? run({name}) : all, name));
  return found;
}

std::vector<std::string> apt_packages::names_with_prefix(const std::string& prefix) const {
  auto command = apt_command("apt-cache");
  command.insert(command.end(), {"pkgnames", prefix});
  auto names = split_text(run_process(command).output, '\n');
  std::erase(names, std::string());
  std::ranges::sort(names);
  return names;
}

std::vector<std::optional<package_file>> apt_packages::find_packages(
    const std::vector<std::string>& names) const {
  return find(names, false);
}

std::vector<std::optional<package_file>> apt_packages::find_sources(
    const std::vector<std::string>& names) const {
  return find(names, true);
}

std::vector<fs::path> apt_packages::fetch(const std::vector<package_file>& files) const {
  const auto downloads = cache_ / "downloads";
  const file_lock lock(cache_ / "locks" / "downloads");
  std::error_code error;
  fs::create_directories(downloads, error);
  if (error)
    throw failure(fmt::format("cannot make '{}': {}", downloads.string(), error.message()));

  std::vector<fs::path> paths;
  std::vector<std::pair<fs::path, const package_file*>> missing;
  constexpr std::size_t digits = 16;
  for (const auto& file : files) {
    // The name begins with the package's, so that messages show it.
    paths.push_back(downloads / file.sha256.substr(0, digits) / file.name);
    if (!fs::exists(paths.back(), error))
      missing.emplace_back(paths.back(), &file);
  }
  if (missing.empty())
    return paths;

  auto command = apt_command(apt_helper);
  command.emplace_back("download-file");
  for (const auto& [path, file] : missing) {
    auto partial = path;
    partial += ".part";
    fs::create_directories(path.parent_path(), error);
    command.insert(command.end(), {file->address, partial.string(), "SHA256:" + file->sha256});
  }
  const auto result = run_process(command);
  for (const auto& [path, file] : missing) {
    auto partial = path;
    partial += ".part";
    // apt-helper checked the digests of all when it succeeded. Otherwise what arrived whole stays
    // for the next call.
    if (!fs::exists(partial, error) ||
        (result.exit_status != 0 && sha256_of_file(partial) != file->sha256))
      continue;
    fs::rename(partial, path, error);
    if (error)
      throw failure(fmt::format("cannot rename '{}': {}", partial.string(), error.message()),
                    "Check that the directory is writable.");
  }
  for (const auto& [path, file] : missing) {
    if (!fs::exists(path, error))
      throw failure(
          fmt::format("cannot download '{}':\n  {}", file->address, first_errors(result)),
          fmt::format("Check the network and the room on the device of '{}'. When the mirror has "
                      "a newer version, add --update. {}",
                      downloads.string(), advice_));
  }
  return paths;
}

}  // namespace ebpfkit::host
