#include "tool/program_objects.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <exception>
#include <fstream>
#include <memory>
#include <utility>

#include "input/btf_cache.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "object/embedded_objects.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {

namespace fs = std::filesystem;

namespace {

bool is_bpf_object_file(const fs::path& file) {
  std::array<std::uint8_t, bpf_object_header_size> header{};
  std::ifstream stream(file, std::ios::binary);
  return stream.read(reinterpret_cast<char*>(header.data()), header.size()) &&
         is_bpf_object(header);
}

bool has_kernel_btf(const fs::path& file) {
  try {
    open_btf(file);
    return !is_bpf_object_file(file);
  } catch (const std::exception&) {
    return false;
  }
}

void add_carried_objects(const fs::path& application, std::vector<program_object>& objects) {
  for (auto& file : find_embedded_files(read_file(application), application.string()))
    if (file.is == embedded_kind::bpf_object)
      objects.emplace_back(fmt::format("{}:{}", application.string(), printable(file.name)),
                           std::move(file.bytes));
}

}  // namespace

std::vector<program_object> read_program_objects(std::span<const fs::path> files) {
  std::vector<program_object> objects;
  for (const auto& file : files) {
    try {
      objects.emplace_back(file);
    } catch (const failure&) {
      if (has_embedded_files(file)) {
        add_carried_objects(file, objects);
        continue;
      }
      if (!has_kernel_btf(file))
        throw;
      throw failure(fmt::format("'{}': this is a kernel's BTF, not a BPF object", file.string()),
                    fmt::format("Write --btf {}, and behind it the objects.", file.string()));
    }
  }
  return objects;
}

core_target read_core_target(const fs::path& file_or_name, const wanted_types& wanted) {
  const auto file = find_btf_file(file_or_name, {});
  if (is_bpf_object_file(file))
    throw failure(
        fmt::format("--btf '{}': this is a BPF object, not a kernel's BTF", file.string()),
        "Write --btf in front of kernels only. Objects need no option.");
  auto raw = read_raw_btf(file);
  if (!raw.base_bytes.empty() || !wanted.can_extract(raw.bytes))
    return core_target(open_btf(file));
  try {
    raw.bytes = wanted.extract(raw.bytes);
    return core_target(std::make_shared<const type_graph>(std::move(raw.bytes), nullptr,
                                                          type_checks::names_on_use));
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", file.string(), error.what()), error.remedy());
  }
}

}  // namespace ebpfkit::host::tool
