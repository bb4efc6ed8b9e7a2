#include "sysroot/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr int format_version = 1;

constexpr std::string_view remake =
    "Remove it and build it again: ebpfkit sysroot remove, then build.";

json json_of(const manifest_file& file) {
  json entry{{"path", file.path}};
  if (file.link.empty()) {
    entry["size"] = file.size;
    entry["sha256"] = file.sha256;
  } else {
    entry["link"] = file.link;
  }
  return entry;
}

manifest_file file_of(const json& entry) {
  manifest_file file;
  file.path = entry.at("path").get<std::string>();
  if (entry.contains("link")) {
    file.link = entry.at("link").get<std::string>();
  } else {
    file.size = entry.at("size").get<std::uint64_t>();
    file.sha256 = entry.at("sha256").get<std::string>();
  }
  return file;
}

}  // namespace

std::vector<manifest_file> list_files(const fs::path& root) {
  std::vector<manifest_file> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    manifest_file file;
    file.path = entry->path().lexically_relative(root).generic_string();
    if (file.path == manifest_name || (entry->is_directory() && !entry->is_symlink()))
      continue;
    if (entry->is_symlink()) {
      file.link = fs::read_symlink(entry->path()).string();
    } else {
      file.size = entry->file_size();
      file.sha256 = sha256_of_file(entry->path());
    }
    files.push_back(std::move(file));
  }
  if (error)
    throw failure(
        fmt::format("cannot read the directory '{}': {}", root.string(), error.message()));
  std::ranges::sort(files, {}, &manifest_file::path);
  return files;
}

std::string manifest_text(const sysroot_manifest& manifest) {
  json text{{"format", format_version},      {"target", manifest.target},
            {"digest", manifest.digest},     {"recipe", manifest.recipe},
            {"compiler", manifest.compiler}, {"c_library", manifest.has_c_library},
            {"inputs", json::array()},       {"files", json::array()}};
  for (const auto& input : manifest.inputs)
    text["inputs"].push_back({{"name", input.name},
                              {"version", input.version},
                              {"file", input.file},
                              {"sha256", input.sha256}});
  for (const auto& file : manifest.files)
    text["files"].push_back(json_of(file));
  constexpr int indentation = 1;
  return text.dump(indentation, ' ', true, json::error_handler_t::replace) + "\n";
}

sysroot_manifest read_manifest(const fs::path& root) {
  const auto path = root / manifest_name;
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw failure(fmt::format("'{}' is no complete sysroot: it has no file '{}'", root.string(),
                              manifest_name),
                  std::string(remake));
  try {
    const auto bytes = read_file(path);
    const auto text = json::parse(as_text(bytes));
    if (const auto format = text.at("format").get<int>(); format != format_version)
      throw failure(fmt::format("'{}' has the format {}, which this ebpfkit does not know",
                                path.string(), format),
                    std::string(remake));
    sysroot_manifest manifest;
    manifest.target = text.at("target").get<std::string>();
    manifest.digest = text.at("digest").get<std::string>();
    manifest.recipe = text.at("recipe").get<int>();
    manifest.compiler = text.at("compiler").get<std::string>();
    manifest.has_c_library = text.at("c_library").get<bool>();
    for (const auto& input : text.at("inputs"))
      manifest.inputs.push_back(
          {input.at("name").get<std::string>(), input.at("version").get<std::string>(),
           input.at("file").get<std::string>(), input.at("sha256").get<std::string>()});
    for (const auto& entry : text.at("files"))
      manifest.files.push_back(file_of(entry));
    return manifest;
  } catch (const json::exception& problem) {
    throw failure(fmt::format("'{}' is damaged: {}", path.string(), printable(problem.what())),
                  std::string(remake));
  }
}

std::vector<std::string> find_differences(const fs::path& root, const sysroot_manifest& manifest) {
  std::map<std::string, const manifest_file*> expected;
  for (const auto& file : manifest.files)
    expected.emplace(file.path, &file);
  std::vector<std::string> lines;
  for (const auto& file : list_files(root)) {
    const auto found = expected.find(file.path);
    if (found == expected.end()) {
      lines.push_back(fmt::format("{} is extra", printable(file.path)));
      continue;
    }
    const auto& wanted = *found->second;
    if (file.size != wanted.size || file.sha256 != wanted.sha256 || file.link != wanted.link)
      lines.push_back(fmt::format("{} is changed", printable(file.path)));
    expected.erase(found);
  }
  for (const auto& missing : expected)
    lines.push_back(fmt::format("{} is missing", printable(missing.first)));
  std::ranges::sort(lines);
  return lines;
}

}  // namespace ebpfkit::host
