#include "btf/btf_lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "btf/architecture.hpp"
#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "btf/decl_tags.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// BTF_KIND_* without the prefix, as bpftool writes them.
constexpr std::array<std::string_view, 20> kind_names = {
    "unkn", "int",     "ptr",      "array",    "struct",   "union", "enum",
    "fwd",  "typedef", "volatile", "const",    "restrict", "func",  "func_proto",
    "var",  "datasec", "float",    "decl_tag", "type_tag", "enum64"};

void add(btf_lint& report, severity level, std::string code, std::string message) {
  report.findings.push_back({level, std::move(code), std::move(message)});
}

// Returns the largest offset of a name in the type at `position`. All words of the type must be
// there.
std::uint32_t largest_name_of(const btf_parts& parts, std::size_t position, std::uint32_t info) {
  auto largest = load_btf_word(parts.types, position, parts.order);
  if (static_cast<type_kind>(btf_kind_number(info)) == type_kind::data_section)
    return largest;  // its entries have no names
  const auto item_size = btf_words_per_item(info) * btf_word_size;
  const auto count = item_size == 0 ? 0 : btf_item_count(info);
  for (std::size_t i = 0; i < count; ++i)
    largest = std::max(
        largest,
        load_btf_word(parts.types, position + btf_type_head_size + i * item_size, parts.order));
  return largest;
}

// Counts types by kind and returns the largest name offset, up to the first type whose end is
// unknown.
std::uint32_t count_types(const btf_parts& parts, btf_lint& report) {
  std::uint32_t largest_name = 0;
  const auto types = parts.types;
  for (std::size_t position = 0; position < types.size();) {
    const auto index = report.type_count + 1;
    if (types.size() - position < btf_type_head_size) {
      add(report, severity::damage, "truncated_type", fmt::format("own type {} is cut off", index));
      return largest_name;
    }
    const auto info = load_btf_word(types, position + btf_word_size, parts.order);
    const auto kind = btf_kind_number(info);
    const auto item_words = btf_item_words(info);
    if (!item_words) {
      ++report.unknown_kinds[kind];
      add(report, severity::damage, "unknown_kind",
          fmt::format("own type {} has the unknown kind {}; known are 1 (int) to 19 (enum64). The "
                      "{} bytes from there on cannot be read",
                      index, kind, types.size() - position));
      return largest_name;
    }
    const auto size = btf_type_head_size + std::size_t{*item_words} * btf_word_size;
    if (types.size() - position < size) {
      add(report, severity::damage, "truncated_type",
          fmt::format("own type {} ({}) is cut off", index, kind_names[kind]));
      return largest_name;
    }
    ++report.kinds[std::string(kind_names[kind])];
    ++report.type_count;
    largest_name = std::max(largest_name, largest_name_of(parts, position, info));
    position += size;
  }
  return largest_name;
}

void find_cut_enumerators(const type_graph& graph, btf_lint& report) {
  constexpr std::uint64_t context_length_mask = 0xfffff00000000;  // <linux/bpf.h>
  constexpr std::size_t names_shown = 3;
  std::vector<std::string> enums;
  for (auto type = graph.first_own_type(); type < graph.type_count(); ++type) {
    if (!graph.is_enumeration(type))
      continue;
    const bool is_cut_by_kind =
        graph.kind(type) == type_kind::enumeration && graph.size_of(type) == 8;
    const auto is_cut_mask = [&](const enumerator& each) {
      return each.name == "BPF_F_CTXLEN_MASK" && each.value != context_length_mask;
    };
    bool is_cut = is_cut_by_kind;
    for (const auto each : graph.enumerators(type))
      is_cut = is_cut || is_cut_mask(each);
    if (!is_cut)
      continue;
    const auto constants = graph.enumerators(type);
    enums.push_back(!graph.name(type).empty() || constants.empty()
                        ? graph.describe(type)
                        : fmt::format("the enum of {}", constants[0].name));
  }
  if (!enums.empty())
    add(report, severity::warning, "truncated_enum64",
        fmt::format("64-bit constants are cut to 32 bits in {}: the BTF was encoded without enum64 "
                    "(pahole before 1.24, or clang before 16)",
                    list_names(enums, names_shown)));
}

void find_other_names(const type_graph& graph, btf_lint& report) {
  constexpr std::size_t names_shown = 3;
  std::vector<std::string> types;
  for (auto type = graph.first_own_type(); type < graph.type_count(); ++type) {
    if (!graph.has_c_names(type))
      types.push_back(graph.describe(type));
  }
  if (!types.empty())
    add(report, severity::warning, "names_not_of_c",
        fmt::format(
            "no C header can have {}: they have or show names that C does not allow (a part "
            "of the kernel in Rust?)",
            list_names(types, names_shown)));
}

// Finds records that ebpf_generate_bindings() took from C headers.
void find_fixed_layouts(const type_graph& graph, btf_lint& report) {
  constexpr std::size_t names_shown = 3;
  std::vector<std::string> records;
  std::string headers;
  for (auto type = graph.first_own_type(); type < graph.type_count(); ++type) {
    if (graph.kind(type) != type_kind::declaration_tag ||
        !graph.name(type).starts_with(fixed_layout_tag))
      continue;
    if (headers.empty())
      headers = printable(graph.name(type).substr(fixed_layout_tag.size()));
    records.push_back(graph.describe(graph.target(type)));
  }
  if (!records.empty())
    add(report, severity::warning, "fixed_layout",
        fmt::format("without CO-RE, offsets fixed when it was built: {} of {}",
                    list_names(records, names_shown), headers));
}

void check_architecture(const std::string& wanted, btf_lint& report) {
  if (wanted.empty())
    return;
  const auto architecture = architecture_of_name(wanted);
  if (architecture.empty())
    throw failure(fmt::format("unknown architecture '{}'", printable(wanted)),
                  fmt::format("EbpfKit knows {}, and their usual other names, such as aarch64.",
                              known_architectures()));
  if (!report.source.architecture.empty() && report.source.architecture != architecture)
    add(report, severity::warning, "architecture_mismatch",
        fmt::format("the BTF is of the architecture {}, not {}", report.source.architecture,
                    architecture));
}

// Makes all checks that need the whole graph.
void check_graph(raw_btf raw, const checked_btf* base, btf_lint& report) {
  const auto prefix = fmt::format("'{}': ", raw.source.path.string());
  try {
    const auto checked = check_btf(std::move(raw), base);
    report.source = checked.source;
    report.pointer_size = checked.graph->pointer_size();
    find_cut_enumerators(*checked.graph, report);
    find_other_names(*checked.graph, report);
    find_fixed_layouts(*checked.graph, report);
  } catch (const failure& error) {
    std::string_view message = error.what();
    if (message.starts_with(prefix))
      message.remove_prefix(prefix.size());
    add(report, severity::damage, "damaged_types", printable(message));
  }
}

}  // namespace

bool btf_lint::has(severity level) const {
  return std::ranges::any_of(findings,
                             [level](const lint_finding& each) { return each.level == level; });
}

btf_lint lint_btf(raw_btf raw, const lint_options& options) {
  btf_lint report;
  report.source = raw.source;
  report.size = raw.bytes.size();
  report.sha256 = sha256_hex(raw.bytes);
  std::string problem;
  const auto parts = btf_blob_parts(raw.bytes, &problem);
  if (!parts) {
    add(report, severity::damage, "damaged_header", problem);
    check_architecture(options.architecture, report);
    return report;
  }
  report.byte_order = parts->order;
  report.types_size = parts->types.size();
  report.text_size = parts->text.size();
  const auto largest_name = count_types(*parts, report);

  const bool has_base = options.base != nullptr || !raw.base_bytes.empty();
  // The strings of split BTF continue those of the base. Without a base, a name beyond this BTF's
  // own strings shows that it is split; without such a name, its first string is damaged.
  report.is_split = is_split_btf(raw.bytes) && (has_base || largest_name >= parts->text.size());
  const auto* base = options.base;
  if (!report.is_split && base != nullptr) {
    add(report, severity::warning, "unneeded_base",
        "a base is given, but the BTF is not split BTF");
    base = nullptr;
  }
  if (report.is_split && !has_base)
    add(report, severity::warning, "missing_base",
        fmt::format("split BTF (of a kernel module): its names refer to strings up to {}, of which "
                    "it has {}. Without its base the types cannot be checked",
                    largest_name, parts->text.size()));
  else if (!report.has(severity::damage))
    check_graph(std::move(raw), base, report);
  check_architecture(options.architecture, report);
  return report;
}

}  // namespace ebpfkit::host
