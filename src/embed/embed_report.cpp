#include "embed/embed_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "relocation/report.hpp"

namespace ebpfkit::host {

namespace {

using nlohmann::ordered_json;

bool is_refused(relocation_status status) {
  return status == relocation_status::ambiguous || status == relocation_status::refused;
}

bool is_refused_on(const embedded_kernel_report& kernel) {
  return std::ranges::any_of(kernel.outcomes, is_refused);
}

bool is_resolved(relocation_status status) {
  return status == relocation_status::resolved || status == relocation_status::unused;
}

std::size_t resolved_count(const embed_result& result, std::size_t relocation) {
  return static_cast<std::size_t>(std::ranges::count_if(result.kernels, [&](const auto& kernel) {
    return is_resolved(kernel.outcomes[relocation]);
  }));
}

std::uint64_t source_bytes(const embed_result& result) {
  std::uint64_t sum = 0;
  for (const auto& kernel : result.kernels)
    sum += kernel.source_size;
  return sum;
}

std::size_t blob_count(const embed_result& result) {
  std::size_t count = 0;
  for (const auto& kernel : result.kernels)
    count = std::max<std::size_t>(count, kernel.blob + 1U);
  return count;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 10'000)
    return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000)
    return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

}  // namespace

std::string embed_report_text(const embed_result& result, std::string_view name) {
  constexpr std::size_t most_kernels = 5;
  auto text =
      fmt::format("{}: {} kernel{}, {} different; {} of BTF, {} embedded; {} made, {} kept\n", name,
                  result.kernels.size(), result.kernels.size() == 1 ? "" : "s", blob_count(result),
                  size_text(source_bytes(result)), size_text(result.file.size()), result.made_count,
                  result.kernels.size() - result.made_count);
  if (result.other_architecture_count != 0)
    text +=
        fmt::format("  left out, for another architecture: {}\n", result.other_architecture_count);
  if (result.filtered_count != 0)
    text += fmt::format("  left out by FILTER: {}\n", result.filtered_count);

  if (const auto& build = result.build_kernel)
    text += fmt::format(
        "  besides, the layout of the build's kernel, {}, for machines without matching BTF: "
        "NON_PORTABLE\n",
        build->identity.path_text());

  std::string nowhere;
  for (std::size_t i = 0; i < result.relocations.list.size(); ++i) {
    if (result.kernels.empty() || resolved_count(result, i) != 0)
      continue;
    const auto& [object, index] = result.relocations.list[i];
    nowhere += relocation_text(result.objects[object], result.objects[object].relocations()[index],
                               nullptr);
  }
  if (!nowhere.empty())
    text += "  resolve on none of them:\n" + nowhere;

  std::size_t refused = 0;
  for (const auto& kernel : result.kernels) {
    if (is_refused_on(kernel) && ++refused <= most_kernels)
      text += fmt::format("  libbpf refuses a program on {}\n", kernel.identity.path_text());
  }
  if (refused > most_kernels)
    text += fmt::format("  and on {} more\n", refused - most_kernels);
  return text;
}

ordered_json embed_report_json(const embed_result& result, std::string_view name) {
  ordered_json json = {{"schema_version", 1},
                       {"name", name},
                       {"kernel_count", result.kernels.size()},
                       {"blob_count", blob_count(result)},
                       {"source_bytes", source_bytes(result)},
                       {"embedded_bytes", result.file.size()},
                       {"other_architecture_count", result.other_architecture_count},
                       {"filtered_count", result.filtered_count}};
  auto kernels = ordered_json::array();
  for (const auto& kernel : result.kernels) {
    auto unresolved = ordered_json::array();
    for (std::size_t i = 0; i < kernel.outcomes.size(); ++i) {
      if (!is_resolved(kernel.outcomes[i]))
        unresolved.push_back(i);
    }
    kernels.push_back({{"distribution", text_or_null(kernel.identity.distribution)},
                       {"version", text_or_null(kernel.identity.version)},
                       {"architecture", text_or_null(kernel.identity.architecture)},
                       {"release", kernel.identity.release},
                       {"file", kernel.file.string()},
                       {"source_bytes", kernel.source_size},
                       {"embedded_bytes", kernel.btf_size},
                       {"blob", kernel.blob},
                       {"unresolved", std::move(unresolved)},
                       {"refused", is_refused_on(kernel)}});
  }
  json["kernels"] = std::move(kernels);
  json["build_kernel"] = nullptr;
  if (const auto& build = result.build_kernel)
    json["build_kernel"] = {{"architecture", text_or_null(build->identity.architecture)},
                            {"release", build->identity.release},
                            {"file", build->file.string()},
                            {"embedded_bytes", build->btf_size},
                            {"blob", build->blob}};
  auto relocations = ordered_json::array();
  for (std::size_t i = 0; i < result.relocations.list.size(); ++i) {
    const auto& [object, index] = result.relocations.list[i];
    const auto& from = result.objects[object];
    ordered_json relocation = relocation_json(from, from.relocations()[index], nullptr);
    relocation["object"] = from.path().string();
    relocation["resolved_count"] = resolved_count(result, i);
    relocations.push_back(std::move(relocation));
  }
  json["relocations"] = std::move(relocations);
  return json;
}

}  // namespace ebpfkit::host
