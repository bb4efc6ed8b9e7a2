#include "bindings/bindings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <future>
#include <string_view>
#include <utility>

#include "bindings/bindings_agreement.hpp"
#include "bindings/bindings_union.hpp"
#include "bindings/layout_matters.hpp"
#include "btf/architecture.hpp"
#include "btf/btf_format.hpp"
#include "btf/btf_lint.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {
namespace {

std::string describe(const type_request& request) {
  if (request.whole)
    return "everything";
  auto parts = request.types;
  if (!request.identifiers.empty())
    parts.emplace_back("what the source uses");
  return fmt::format("{}", fmt::join(parts, ", "));
}

// True for raw BTF and ELF files, which need no unwrapping. Also true for a file that cannot be
// read: open_btf() reports the error.
bool is_plain(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<std::uint8_t, 4> begin{};
  if (!file.read(reinterpret_cast<char*>(begin.data()), begin.size()))
    return true;
  return is_elf(begin) || has_btf_magic(begin);
}

// Empty when the BTF is of the architecture and the byte order that `wanted` expects, and when the
// architecture of one of the two is not known.
std::string target_mismatch(const bindings_input& input, const bindings_source& wanted) {
  const auto order = input.graph->byte_order();
  if (wanted.byte_order && *wanted.byte_order != order)
    return fmt::format(
        "'{}': the BTF is of a {}-endian kernel, and the program is {}-endian: bit-fields and "
        "types that depend on the byte order are not those of the target",
        input.path.string(), byte_order_name(order), byte_order_name(*wanted.byte_order));
  const auto expected = architecture_of_name(wanted.architecture);
  const auto found = architecture_of_types(*input.graph);
  if (expected.empty() || found.empty() || found == expected)
    return {};
  return fmt::format(
      "'{}': the BTF is of the architecture {}, not {}: registers (struct pt_regs) and types that "
      "depend on the architecture are not those of the target",
      input.path.string(), found, expected);
}

// Integers and constants that every program gets are the same on all architectures.
void refuse_other_architecture(const bindings_request& request, const bindings_input& input,
                               const type_selection& selection) {
  const bool has_records = std::ranges::any_of(
      selection.extents, [](record_extent extent) { return extent != record_extent::declared; });
  if (!has_records)
    return;
  if (const auto mismatch = target_mismatch(input, request); !mismatch.empty())
    throw failure(mismatch,
                  "Name the BTF of the target's kernel: ebpf_add_program(... BTF <file>), or "
                  "-DEBPFKIT_BTF=<file>. Or mend ARCH and ENDIAN of the program.\n"
                  "  If the program uses nothing that depends on the architecture, say that this "
                  "BTF is meant: BTF " +
                      input.path.string() + ".");
}

// Checks the BTF completely: reading a compressed file or an archive takes much longer than that.
bindings_input unwrap_input(const std::filesystem::path& path, std::vector<std::string>& warnings) {
  auto raw = read_raw_btf(path);
  for (const auto& finding : lint_btf(raw, {}).findings) {
    if (finding.level == severity::warning)
      warnings.push_back(
          fmt::format("'{}': {} [{}]", path.string(), finding.message, finding.code));
  }
  auto checked = check_btf(std::move(raw), nullptr);
  return {path, std::move(checked.graph)};
}

bindings_input read_input(const std::filesystem::path& path, const std::filesystem::path& base,
                          const bindings_source& wanted, type_checks when,
                          std::vector<std::string>& warnings) {
  bindings_input input;
  if (!base.empty()) {
    auto loaded = load_btf(path, base);
    input = {path, std::move(loaded.graph)};
  } else if (is_plain(path)) {
    input = {path, open_btf(path, when)};
  } else {
    input = unwrap_input(path, warnings);
  }
  if (auto mismatch = target_mismatch(input, wanted); !mismatch.empty())
    warnings.push_back(std::move(mismatch));
  return input;
}

bool has_all(const type_graph& graph, const std::vector<std::string>& names) {
  return std::ranges::all_of(names,
                             [&](const std::string& name) { return has_requested(graph, name); });
}

std::string left_out_text(const type_graph& graph, const type_selection& selection) {
  constexpr std::size_t names_shown = 3;
  std::vector<std::string> names;
  for (const auto type : selection.left_out) {
    if (names.size() < names_shown && !graph.name(type).empty())
      names.push_back(graph.describe(type));
  }
  return fmt::format("{} types that have or show names that C does not allow{}{}",
                     selection.left_out.size(), names.empty() ? "" : ", such as ",
                     fmt::join(names, ", "));
}

std::string write_bindings(bindings_request& request, std::vector<std::string>& warnings) {
  // For few types, check only those: checking all of the BTF would take longer than the rest.
  const auto when = request.types.whole ? type_checks::names_on_use : type_checks::on_use;
  const auto input = read_bindings_source(request, request.types.types, warnings, when);
  // Hashing would take longer, too: do it in another thread.
  std::future<std::string> digest;
  if (request.origin.btf_sha256.empty() || !request.more_btf.empty())
    digest = std::async(std::launch::async, [&input] { return sha256_hex(input.graph->bytes()); });
  const auto selection = select_types(*input.graph, request.types, input.path.string());
  if (request.refuse_other_architecture)
    refuse_other_architecture(request, input, selection);
  if (!selection.left_out.empty())
    warnings.push_back(fmt::format("'{}': the header lacks {}", input.path.string(),
                                   left_out_text(*input.graph, selection)));
  check_partial_records(*input.graph, selection);
  request.origin.asked_for = describe(request.types);
  if (digest.valid())
    request.origin.btf_sha256 = digest.get();
  return write_c_header(*input.graph, selection, request.origin);
}

}  // namespace

bindings_input read_bindings_source(const bindings_source& source,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>& warnings, type_checks when) {
  if (!source.more_btf.empty())
    when = type_checks::names_on_use;
  auto first = read_input(source.btf, source.base_btf, source, when, warnings);
  if (source.more_btf.empty())
    return first;
  std::vector<bindings_input> inputs;
  inputs.push_back(std::move(first));
  for (const auto& path : source.more_btf)
    inputs.push_back(read_input(path, {}, source, when, warnings));

  std::vector<named_types> compared;
  for (const auto& input : inputs)
    compared.push_back({input.path.string(), input.graph.get()});
  check_agreement(compared, names);
  for (auto& input : inputs) {
    if (has_all(*input.graph, names))
      return std::move(input);
  }
  bindings_input united;
  for (const auto& input : inputs) {
    if (input.graph->pointer_size() != 8)
      throw failure(fmt::format("'{}': no BTF has all requested types, and EbpfKit cannot unite "
                                "types of 32-bit kernels",
                                input.path.string()),
                    "Make separate bindings for each BTF.");
    united.path += (united.path.empty() ? "" : ", ") + input.path.string();
  }
  united.graph = unite_types(compared, names);
  return united;
}

std::string make_bindings(bindings_request request, std::vector<std::string>& warnings) {
  const auto is_path = [](const std::string& type) { return type.find('.') != std::string::npos; };
  if (!request.origin.fixed_layout.empty() && std::ranges::any_of(request.types.types, is_path))
    throw failure(
        "FIELDS cannot take members of types from C headers: their offsets are not relocated",
        "Ask for the whole types (TYPES).");

  try {
    return write_bindings(request, warnings);
  } catch (const unsound_btf& error) {
    throw failure(fmt::format("'{}': {}", request.btf.string(), error.what()), error.remedy());
  }
}

std::string make_bindings(bindings_request request) {
  std::vector<std::string> warnings;
  return make_bindings(std::move(request), warnings);
}

}  // namespace ebpfkit::host
