// `ebpfkit btf info|diff|fetch`: looks at BTF, compares it, and puts it into the cache.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btf/btf_diff.hpp"
#include "btf/btf_lint.hpp"
#include "input/btf_cache.hpp"
#include "input/btf_fetch.hpp"
#include "input/btf_input.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/json_text.hpp"

namespace ebpfkit::host::tool {

namespace {

using nlohmann::ordered_json;
using optional_path = std::optional<std::filesystem::path>;

constexpr int status_warnings = 1;
constexpr int status_damaged = 2;
constexpr int status_different = 1;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

std::string join_formats(const std::vector<std::string>& formats) {
  return fmt::format("{}", fmt::join(formats, " > "));
}

// --- info ---

struct info_arguments {
  std::filesystem::path file;
  optional_path base;
  std::string architecture;
  bool json = false;
  bool strict = false;
};

// Reports a file as damaged when it can be read but holds no readable BTF. Throws `failure` when
// the file itself, or the base, cannot be read.
btf_lint inspect(const info_arguments& given) {
  const auto file = find_btf_file(given.file, {});
  auto content = read_file(file);
  std::optional<checked_btf> base;
  if (given.base)
    base = load_btf(*given.base);
  std::optional<raw_btf> raw;
  try {
    raw = find_btf(unwrap(std::move(content), file), file);
  } catch (const failure& error) {
    btf_lint report;
    report.source.path = file;
    report.findings.push_back({severity::damage, "unreadable", error.what()});
    return report;
  }
  return lint_btf(std::move(*raw), {base ? &*base : nullptr, given.architecture});
}

const char* status_of(const btf_lint& report) {
  if (report.has(severity::damage))
    return "damaged";
  return report.findings.empty() ? "ok" : "warnings";
}

// The fields of `btf info --json` behind `version` and `command`; null stands for "not known":
//   file, base      paths as given; base is null without --base
//   status          "ok", "warnings" or "damaged"
//   formats         the layers of the file, outermost first: ["xz", "tar", "BTF"]
//   kernel_release, architecture (as the kernel calls it: "x86", "arm64"), byte_order ("little",
//   "big"), pointer_size (bytes), sha256 (of the raw BTF)
//   size, type_section_size, string_section_size   bytes
//   split           true for split BTF, which continues another BTF
//   types           number of types that could be read, without those of the base
//   kinds           object: number of types for each kind that occurs ("int", "func_proto"...)
//   unknown_kinds   object: number of types for each unknown kind, by the number of the kind
//   findings        array of {"severity": "warning" or "damage", "code", "message"}; the codes are
//                   those of `lint_btf`, and "unreadable" for a file without readable BTF
ordered_json info_json(const btf_lint& report, const info_arguments& given) {
  auto json = json_document("btf info");
  json["file"] = given.file.string();
  json["base"] = given.base ? ordered_json(given.base->string()) : ordered_json(nullptr);
  json["status"] = status_of(report);
  json["formats"] = report.source.formats;
  json["kernel_release"] = text_or_null(report.source.kernel_release);
  json["architecture"] = text_or_null(report.source.architecture);
  json["byte_order"] = text_or_null(report.byte_order ? byte_order_name(*report.byte_order) : "");
  json["pointer_size"] =
      report.pointer_size ? ordered_json(*report.pointer_size) : ordered_json(nullptr);
  json["size"] = report.size;
  json["sha256"] = text_or_null(report.sha256);
  json["type_section_size"] = report.types_size;
  json["string_section_size"] = report.text_size;
  json["split"] = report.is_split;
  json["types"] = report.type_count;
  json["kinds"] = ordered_json::object();
  for (const auto& [kind, count] : report.kinds)
    json["kinds"][kind] = count;
  json["unknown_kinds"] = ordered_json::object();
  for (const auto& [kind, count] : report.unknown_kinds)
    json["unknown_kinds"][std::to_string(kind)] = count;
  json["findings"] = ordered_json::array();
  for (const auto& [level, code, message] : report.findings)
    json["findings"].push_back({{"severity", level == severity::damage ? "damage" : "warning"},
                                {"code", code},
                                {"message", message}});
  return json;
}

void print_info(const btf_lint& report, const info_arguments& given) {
  const auto line = [](const char* label, const std::string& text) {
    print_output("{:<15} {}\n", label, text.empty() ? "unknown" : text);
  };
  line("file", given.file.string());
  line("status", status_of(report));
  line("format", join_formats(report.source.formats));
  line("kernel release", report.source.kernel_release);
  line("architecture", report.source.architecture);
  if (report.byte_order) {
    line("byte order", byte_order_name(*report.byte_order));
    line("size", fmt::format("{} bytes ({} of types, {} of strings)", report.size,
                             report.types_size, report.text_size));
    line("sha256", report.sha256);
    line("types", fmt::format("{}{}", report.type_count, report.is_split ? " (split BTF)" : ""));
    for (const auto& [kind, count] : report.kinds)
      print_output("  {:<13} {}\n", kind, count);
  }
  for (const auto& finding : report.findings)
    print_output("{} [{}]: {}\n", finding.level == severity::damage ? "damage" : "warning",
                 finding.code, finding.message);
}

void run_info(const info_arguments& given) {
  const auto report = inspect(given);
  if (given.json)
    print_json(info_json(report, given));
  else
    print_info(report, given);
  if (report.has(severity::damage))
    throw CLI::RuntimeError(status_damaged);
  if (given.strict && !report.findings.empty())
    throw CLI::RuntimeError(status_warnings);
}

void add_info(CLI::App& btf) {
  auto* info = btf.add_subcommand("info", "Check BTF and tell what it is");
  info->footer(
      "Reads raw BTF, vmlinux, vmlinuz, kernel modules, BPF objects and kernel packages (deb, "
      "rpm), as they are, compressed or in a tar archive.\n"
      "Exit status: 0 fine, 1 warnings and --strict (or an error), 2 damaged.");
  auto given = std::make_shared<info_arguments>();
  info->add_option("file", given->file, "File with BTF, or a name in the BTF cache")->required();
  info->add_option("--base", given->base, "File with the BTF that a kernel module's continues");
  info->add_option("--arch", given->architecture, "Warn when the BTF is of another architecture");
  info->add_flag("--json", given->json, "Print JSON");
  info->add_flag("--strict", given->strict, "Exit with status 1 when there are warnings");
  info->callback([given] { run_info(*given); });
}

// --- diff ---

struct diff_arguments {
  std::filesystem::path before;
  std::filesystem::path after;
  optional_path before_base;
  optional_path after_base;
  diff_options options;
  bool json = false;
};

// Returns "+ ", "- " or "~ ", the item, and what changed.
std::string difference_text(const btf_difference& each) {
  const auto text = [&](const char* change, const std::string& detail) {
    return fmt::format("{} {}: {}", change, each.item.empty() ? "(itself)" : each.item, detail);
  };
  switch (each.change) {
    case btf_change::type_added:
      return "+ only in the second";
    case btf_change::type_removed:
      return "- only in the first";
    case btf_change::member_added:
    case btf_change::enumerator_added:
      return text("+", each.after);
    case btf_change::member_removed:
    case btf_change::enumerator_removed:
      return text("-", each.before);
    case btf_change::size_changed:
      return fmt::format("~ size: {} -> {} bytes", each.before, each.after);
    default:
      return text("~", each.before + " -> " + each.after);
  }
}

void print_differences(const std::vector<btf_difference>& differences) {
  std::string type;
  for (const auto& each : differences) {
    if (each.type != type)
      print_output("{}\n", each.type);
    type = each.type;
    print_output("  {}\n", difference_text(each));
  }
}

// The fields of `btf diff --json` behind `version` and `command`:
//   before, after   paths as given
//   same            true when there are no differences
//   differences     array of {"type", "change", "item", "before", "after"} as in btf_difference;
//                   fields that do not apply to a change are null
void print_diff_json(const std::vector<btf_difference>& differences, const diff_arguments& given) {
  json_text text;
  const auto member = [&](const char* name, const ordered_json& value) {
    text.name(name);
    text.value(value);
  };
  text.open_document("btf diff");
  member("before", given.before.string());
  member("after", given.after.string());
  member("same", differences.empty());
  text.name("differences");
  text.open_list();
  for (const auto& each : differences)
    text.value(ordered_json{{"type", each.type},
                            {"change", change_name(each.change)},
                            {"item", text_or_null(each.item)},
                            {"before", text_or_null(each.before)},
                            {"after", text_or_null(each.after)}});
  text.close();
  text.close();
  text.print();
}

std::vector<btf_difference> compare(const type_graph& before, const type_graph& after,
                                    const diff_arguments& given) {
  try {
    return compare_btf(before, after, given.options);
  } catch (const failure& error) {
    throw failure(
        fmt::format("'{}', '{}': {}", given.before.string(), given.after.string(), error.what()),
        error.remedy());
  }
}

void run_diff(const diff_arguments& given) {
  const auto before = load_btf(find_btf_file(given.before, {}), given.before_base);
  const auto after = load_btf(find_btf_file(given.after, {}), given.after_base);
  const auto differences = compare(*before.graph, *after.graph, given);
  if (given.json)
    print_diff_json(differences, given);
  else
    print_differences(differences);
  if (!differences.empty())
    throw CLI::RuntimeError(status_different);
}

void add_diff(CLI::App& btf) {
  auto* diff = btf.add_subcommand("diff", "Compare the types of two files with BTF");
  diff->footer(
      "Members of anonymous structs and unions count as members of the record around them. Type "
      "tags do not count.\n"
      "Exit status: 0 the same, 1 different (or an error).");
  auto given = std::make_shared<diff_arguments>();
  diff->add_option("before", given->before, "First file, or a name in the BTF cache")->required();
  diff->add_option("after", given->after, "Second file or name")->required();
  diff->add_option("type", given->options.names,
                   "Types to compare, such as task_struct or 'struct task_struct' (default: all)");
  diff->add_option("--before-base", given->before_base, "BTF that the first file's continues");
  diff->add_option("--after-base", given->after_base, "BTF that the second file's continues");
  diff->add_flag("--functions", given->options.with_functions,
                 "Compare functions and variables too, if no types are named");
  diff->add_flag("--json", given->json, "Print JSON");
  diff->callback([given] { run_diff(*given); });
}

// --- fetch ---

struct fetch_arguments {
  fetch_request request;
  bool json = false;
};

void run_fetch(const fetch_arguments& given) {
  auto request = given.request;
  if (request.cache.empty())
    request.cache = default_btf_cache();
  const auto result = fetch_btf(request);
  print_progress("BTF of {} ({}{})", printable(result.source.path.string()),
                 join_formats(result.source.formats), result.made_by_pahole ? ", by pahole" : "");
  if (!given.json) {
    print_output("{}\n", result.path.string());
    return;
  }
  auto document = json_document("btf fetch");
  document["path"] = result.path.string();
  document["source"] = result.source.path.string();
  document["formats"] = result.source.formats;
  document["made_by_pahole"] = result.made_by_pahole;
  print_json(document);
}

void add_fetch(CLI::App& btf) {
  auto* fetch =
      btf.add_subcommand("fetch", "Put BTF into the cache, and print the path of the file");
  fetch->footer(
      "Without --name, the BTF is called DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE. For a package, "
      "DISTRIBUTION/VERSION is what it says of itself, such as debian/6.1.158-1 or fedora/40. "
      "Files that are no package need --name. pahole makes BTF of a vmlinux that has only DWARF.\n"
      "The cache is $EBPFKIT_CACHE_DIR/btf, $XDG_CACHE_HOME/ebpfkit/btf, or ~/.cache/ebpfkit/btf, "
      "unless --to names it.");
  auto given = std::make_shared<fetch_arguments>();
  auto* request = &given->request;
  fetch->add_option(
      "source", request->source,
      "'running' (default), a vmlinux, a vmlinuz, a kernel package (deb, rpm) or BTF");
  fetch->add_option("--to", request->cache, "Cache directory");
  fetch->add_option("--name", request->name, "Name in the cache: debian/12/x86_64/6.1.0-18-amd64");
  fetch->add_flag("--json", given->json, "Print JSON");
  fetch->callback([given] { run_fetch(*given); });
}

}  // namespace

void add_btf_command(CLI::App& app) {
  auto* btf = app.add_subcommand("btf", "Look at BTF, compare it, and keep it in a cache");
  btf->require_subcommand(1);
  add_info(*btf);
  add_diff(*btf);
  add_fetch(*btf);
}

}  // namespace ebpfkit::host::tool
