#include "input/btf_fetch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <ios>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "input/btf_cache.hpp"
#include "input/btf_file_name.hpp"
#include "input/byte_stream.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr const char* running_btf = "/sys/kernel/btf/vmlinux";

// Returns the value of KEY=VALUE or KEY="VALUE". os-release(5) allows no other form for these keys.
std::string os_release_value(std::string_view os_release, std::string_view key) {
  while (!os_release.empty()) {
    const auto end = os_release.find('\n');
    auto line = os_release.substr(0, end);
    os_release.remove_prefix(end == std::string_view::npos ? os_release.size() : end + 1);
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != '=')
      continue;
    line.remove_prefix(key.size() + 1);
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front())
      line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return {};
}

std::string os_release_text() {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    std::error_code error;
    if (fs::exists(path, error))
      return std::string(as_text(read_file(path)));
  }
  return {};
}

// Writes the whole stream into a file. `shown` is the file's name in messages.
void copy_to_file(byte_stream& stream, const fs::path& path, const fs::path& shown) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::vector<std::uint8_t> step(std::size_t{1} << 20);
  for (;;) {
    const auto got = stream.read(step);
    file.write(reinterpret_cast<const char*>(step.data()), static_cast<std::streamsize>(got));
    if (got < step.size())
      break;
  }
  file.close();
  if (!file)
    throw failure(fmt::format("cannot write the unpacked vmlinux beside '{}': {}", shown.string(),
                              std::strerror(errno)),
                  "Check the directory, and the free space of the file system.");
}

// Lets pahole make BTF of the DWARF in a file.
raw_btf encode_by_pahole(const fs::path& path, const fs::path& target) {
  const temporary_file image(target);
  const temporary_file encoded(target);
  auto file = unwrap(read_file(path), path);
  copy_to_file(file.streams.innermost(), image.path(), target);
  file.streams.close();
  std::error_code ignored;
  process_result result;
  try {
    result = run_process(
        {"pahole", "--btf_encode_detached=" + encoded.path().string(), image.path().string()});
  } catch (const failure& error) {
    throw failure(fmt::format("'{}' has DWARF but no BTF, and {}", path.string(), error.what()),
                  "pahole makes BTF of it: install the package dwarves (Debian, Ubuntu, Fedora).");
  }
  if (result.exit_status != 0 || !fs::exists(encoded.path(), ignored))
    throw failure(fmt::format("pahole cannot make BTF of '{}' (exit status {}): {}", path.string(),
                              result.exit_status,
                              printable(encoded.in_message(image.in_message(result.errors)))),
                  "Check that the vmlinux has debug information (CONFIG_DEBUG_INFO_DWARF*).");
  raw_btf raw;
  raw.source.path = path;
  raw.source.formats = file.formats;
  raw.source.formats.emplace_back("ELF");
  raw.source.formats.emplace_back("DWARF");
  raw.bytes = read_file(encoded.path());
  return raw;
}

constexpr const char* name_it = "Name the BTF: --name debian/12/x86_64/6.1.0-18-amd64.";

std::string default_name(const checked_btf& btf, const std::string& distribution) {
  if (btf.source.kernel_release.empty() || btf.source.architecture.empty())
    throw failure(fmt::format("'{}' does not tell the kernel's {}", btf.source.path.string(),
                              btf.source.kernel_release.empty() ? "release" : "architecture"),
                  name_it);
  return fmt::format("{}/{}/{}", distribution,
                     architecture_in_paths(btf.source.architecture, btf.graph->pointer_size(),
                                           btf.graph->byte_order()),
                     btf.source.kernel_release);
}

}  // namespace

std::string distribution_path(std::string_view os_release) {
  auto distribution = os_release_value(os_release, "ID");
  auto version = os_release_value(os_release, "VERSION_ID");
  if (!is_cache_name(distribution) || distribution.find('/') != std::string::npos)
    distribution = "linux";
  if (!is_cache_name(version) || version.find('/') != std::string::npos)
    version = "rolling";
  return distribution + "/" + version;
}

fetch_result fetch_btf(const fetch_request& request) {
  const bool is_running = request.source == "running";
  const fs::path path = is_running ? running_btf : request.source;
  auto name = request.name;
  const auto suffix = btf_suffixes.front();
  if (name.ends_with(suffix))
    name.resize(name.size() - suffix.size());
  if (!name.empty() && !is_cache_name(name))
    throw failure(fmt::format("'{}' is not a name of BTF", printable(name)),
                  "Names are like ubuntu/22.04/arm64/5.15.0-25-generic.");
  std::error_code error;
  if (is_running && !fs::exists(path, error))
    throw failure(fmt::format("the running kernel has no BTF: there is no {}", running_btf),
                  "Name its vmlinux with debug information, or its package.");

  auto file = unwrap(read_file(path), path);
  fetch_result result;
  const auto distribution = is_running ? distribution_path(os_release_text()) : file.distribution;
  if (name.empty() && distribution.empty())
    throw failure(fmt::format("'{}' does not say which distribution it comes from", path.string()),
                  name_it);
  raw_btf raw;
  try {
    raw = find_btf(std::move(file), path);
  } catch (const dwarf_without_btf&) {
    raw = encode_by_pahole(path, request.cache / (name.empty() ? "unnamed" : name));
    result.made_by_pahole = true;
  }
  const auto btf = check_btf(std::move(raw), nullptr);
  if (name.empty())
    name = default_name(btf, distribution);
  result.source = btf.source;
  result.path = request.cache / (name + std::string(suffix));
  write_output(result.path, as_text(btf.bytes), unchanged::keep);
  return result;
}

}  // namespace ebpfkit::host
