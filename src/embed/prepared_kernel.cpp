#include "embed/prepared_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "embed/kernel_identity.hpp"
#include "embed/task_offsets.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "relocation/minimise.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

// Raise this number when the stored content, or the way to make it, changes.
constexpr std::string_view store_version = "ebpfkit-embed-3";

std::string_view view(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<relocation_status> outcomes_on(const core_target& target,
                                           std::span<const program_object> objects,
                                           const distinct_relocations& relocations) {
  std::vector<std::vector<resolution>> results;
  for (const auto& object : objects)
    results.push_back(resolve(object, target));
  std::vector<relocation_status> outcomes;
  for (const auto& relocation : relocations.list)
    outcomes.push_back(results[relocation.object][relocation.index].status);
  return outcomes;
}

// Removes the first line from the text and returns it.
std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Returns nothing when the file cannot be read: another build may remove an entry at any time.
std::vector<std::uint8_t> read_entry(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const failure&) {
    return {};
  }
}

// Returns the wanted types of `btf`, which must be raw BTF without a base
// (wanted_types::can_extract()).
std::vector<std::uint8_t> extract(const std::filesystem::path& path,
                                  std::span<const std::uint8_t> btf, const wanted_types& wanted) {
  try {
    return wanted.extract(btf);
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", path.string(), error.what()), error.remedy());
  }
}

}  // namespace

kernel_input read_kernel(const std::filesystem::path& path, const wanted_types& wanted,
                         std::vector<std::uint8_t>& buffer) {
  const auto file = read_file(path, buffer);
  if (is_bpf_object(file))
    throw failure(fmt::format("'{}': this is a BPF object, not a kernel's BTF", path.string()),
                  "Name kernels with BTFS, and programs with PROGRAMS.");
  kernel_input input;
  input.file_size = file.size();
  input.is_extract = wanted.can_extract(file);
  if (input.is_extract) {
    input.bytes = extract(path, file, wanted);
  } else {
    // A vmlinux may be large: it must not be in memory twice.
    buffer.resize(file.size());
    input.bytes = std::exchange(buffer, {});
  }
  input.digest = fmt::format("{}.{}", sha256_hex(input.bytes), input.file_size);
  return input;
}

prepared_kernel prepare_kernel(const std::filesystem::path& path, kernel_input input,
                               std::span<const program_object> objects,
                               const distinct_relocations& relocations,
                               const wanted_types& wanted) {
  prepared_kernel kernel;
  auto raw = find_btf(unwrap(std::move(input.bytes), path), path);
  kernel.source_size = input.is_extract ? input.file_size : raw.bytes.size();
  if (!input.is_extract && raw.base_bytes.empty() && wanted.can_extract(raw.bytes))
    raw.bytes = extract(path, raw.bytes, wanted);
  const auto checked = check_btf(std::move(raw), nullptr);
  check_byte_order(objects, checked.graph->byte_order(), checked.source.path);
  const core_target target(checked.graph);
  kernel.release = checked.source.kernel_release;
  kernel.architecture = architecture_in_index(
      checked.source.architecture, checked.graph->pointer_size(), checked.graph->byte_order());
  kernel.task_offsets = find_task_offsets(*checked.graph);
  kernel.outcomes = outcomes_on(target, objects, relocations);
  try {
    kernel.btf = minimise(objects, target);
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", path.string(), error.what()), error.remedy());
  }
  return kernel;
}

std::string prepared_kernel_store::key(const std::filesystem::path& path,
                                       const distinct_relocations& relocations) {
  auto text = fmt::format("{} {}\n{}\n{}\n", store_version, EBPFKIT_VERSION, relocations.digest,
                          path.string());
  // The file with the running kernel's BTF does not contain the release.
  if (is_of_running_kernel(path))
    text += running_release();
  return sha256_hex(bytes_of(text));
}

// An entry has eight lines, then the BTF. The lines are: state of the kernel's file, its digest,
// release, architecture, size of the source, offsets in task_struct, outcomes as letters, SHA-256
// of the other lines and the BTF.
void prepared_kernel_store::put(const std::string& key, const entry& content) const {
  const auto& kernel = content.kernel;
  std::string letters;
  for (const auto outcome : kernel.outcomes)
    letters += static_cast<char>('a' + static_cast<int>(outcome));
  const auto head =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", content.state, content.digest, kernel.release,
                  kernel.architecture, kernel.source_size, kernel.task_offsets, letters);
  const auto digest = sha256_hex(bytes_of(head + std::string(view(kernel.btf))));
  write_output(directory_ / key, fmt::format("{}{}\n{}", head, digest, view(kernel.btf)),
               unchanged::keep);
}

std::optional<prepared_kernel_store::entry> prepared_kernel_store::find(
    const std::string& key, const distinct_relocations& relocations) const {
  const auto file = read_entry(directory_ / key);
  auto rest = view(file);
  entry found;
  auto& kernel = found.kernel;
  found.state = take_line(rest);
  found.digest = take_line(rest);
  kernel.release = take_line(rest);
  kernel.architecture = take_line(rest);
  const auto size = take_line(rest);
  kernel.task_offsets = take_line(rest);
  const auto letters = take_line(rest);
  const auto head = view(file).substr(0, file.size() - rest.size());
  const auto digest = take_line(rest);
  if (digest != sha256_hex(bytes_of(std::string(head) + std::string(rest))) ||
      letters.size() != relocations.list.size())
    return std::nullopt;
  std::from_chars(size.data(), size.data() + size.size(), kernel.source_size);
  for (const char letter : letters)
    kernel.outcomes.push_back(static_cast<relocation_status>(letter - 'a'));
  const auto btf = bytes_of(rest);
  kernel.btf.assign(btf.begin(), btf.end());
  return found;
}

void prepared_kernel_store::keep_only(const std::vector<std::string>& keys) const {
  std::error_code error;
  std::vector<std::filesystem::path> stale;
  for (std::filesystem::directory_iterator found(directory_, error), end; !error && found != end;
       found.increment(error)) {
    const auto name = found->path().filename().string();
    if (std::ranges::find(keys, name) == keys.end() && name.find('.') == std::string::npos)
      stale.push_back(found->path());
  }
  for (const auto& path : stale)
    std::filesystem::remove(path, error);
}

}  // namespace ebpfkit::host
