#include "btf/checked_btf.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "btf/architecture.hpp"
#include "btf/btf_blob.hpp"
#include "btf/btf_relocate.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// The string section of BTF that a type_graph was made of.
std::string_view text_of(const std::vector<std::uint8_t>& bytes) {
  return as_text(btf_blob_parts(bytes)->text);
}

}  // namespace

bool is_split_btf(std::span<const std::uint8_t> bytes) {
  const auto parts = btf_blob_parts(bytes);
  return parts && (parts->text.empty() || parts->text.front() != 0);
}

namespace {

std::shared_ptr<const type_graph> checked_graph(std::vector<std::uint8_t> bytes,
                                                std::shared_ptr<const type_graph> base) {
  return std::make_shared<const type_graph>(std::move(bytes), std::move(base),
                                            type_checks::names_on_use);
}

}  // namespace

checked_btf check_btf(raw_btf raw, const checked_btf* base) {
  try {
    if (base != nullptr && !is_split_btf(raw.bytes))
      throw failure("a base is given, but the BTF is not split BTF",
                    "Leave the base out for this file: only BTF of kernel modules has a base.");
    auto base_graph = base != nullptr ? base->graph : nullptr;
    if (!raw.base_bytes.empty()) {
      auto distilled = checked_graph(raw.base_bytes, nullptr);
      if (base != nullptr)
        raw.bytes = relocate_btf(raw.bytes, {*distilled, text_of(raw.base_bytes)},
                                 {*base->graph, text_of(base->bytes)});
      else
        base_graph = std::move(distilled);
    }
    auto graph = checked_graph(raw.bytes, std::move(base_graph));
    if (raw.source.architecture.empty())
      raw.source.architecture = architecture_of_types(*graph);
    return {std::move(raw.source), std::move(raw.bytes), std::move(graph)};
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", raw.source.path.string(), error.what()), error.remedy());
  }
}

}  // namespace ebpfkit::host
