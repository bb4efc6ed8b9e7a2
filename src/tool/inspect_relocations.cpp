// `ebpfkit inspect relocations`: every CO-RE relocation, and what it becomes on kernels.
#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/relocation_kind.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"
#include "support/failure.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/program_objects.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

struct relocations_arguments {
  std::vector<fs::path> objects;
  std::vector<std::string> btfs;
  bool json = false;
};

// The relocations of an object on one kernel.
struct resolved_kernel {
  std::string btf;
  std::vector<resolution> results;  // of object.relocations()
};

// The kernels: those that are named, else the running one where it has BTF.
std::vector<std::string> chosen_btfs(const inspect_context& context,
                                     const relocations_arguments& given) {
  if (!given.btfs.empty())
    return given.btfs;
  if (auto named = split_shell_words(context.value({}, "BTF")); !named.empty())
    return named;
  const std::string running_kernel = "/sys/kernel/btf/vmlinux";
  std::error_code error;
  if (fs::exists(running_kernel, error))
    return {running_kernel};
  return {};
}

// What the instruction has in the object: the layout that the program was compiled with.
std::vector<resolution> resolve_locally(const program_object& object) {
  // The object outlives the target.
  const core_target own(
      std::shared_ptr<const type_graph>(std::shared_ptr<const void>(), &object.types()));
  return resolve(object, own);
}

std::string outcome(const resolution& result) {
  switch (result.status) {
    case relocation_status::resolved:
      return std::to_string(result.value.target);
    case relocation_status::absent:
      return "0 (absent)";
    default:
      return std::string(relocation_status_name(result.status));
  }
}

// "field_byte_offset" without the "field_", which the access says, too.
std::string short_kind(relocation_kind kind) {
  const std::string name(relocation_kind_name(kind));
  return name.starts_with("field_") ? name.substr(6) : name;
}

std::string place_text(const core_relocation& relocation) {
  const auto& position = relocation.position;
  if (position.line == 0)
    return "(no source line)";
  return fmt::format("{}:{}: {}", position.file.shown(), position.line, position.text.shown());
}

void print_object(const program_object& object, const std::vector<resolution>& local,
                  const std::vector<resolved_kernel>& kernels) {
  print_output("{}: {} CO-RE relocations\n", object.path().string(), object.relocations().size());
  for (std::size_t i = 0; i < kernels.size(); ++i)
    print_output("  kernel {}: {}\n", i + 1, kernels[i].btf);
  std::string program;
  std::string place;
  std::vector<std::vector<std::string>> table;
  const auto flush = [&] {
    if (table.size() > 1)
      print_output("{}", text_table(table));
    table = {{"      instruction", "kind", "access", "built"}};
    for (std::size_t i = 0; i < kernels.size(); ++i)
      table.front().push_back(kernels.size() == 1 ? "kernel" : fmt::format("kernel {}", i + 1));
  };
  flush();
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < local.size(); ++i) {
    const auto& relocation = object.relocations()[i];
    const auto name = relocation.program.empty()
                          ? fmt::format("section {}", relocation.section.shown())
                          : relocation.program.shown();
    if (name != program || place_text(relocation) != place) {
      flush();
      if (name != program)
        print_output("  {}\n", name);
      program = name;
      place = place_text(relocation);
      print_output("    {}\n", place);
    }
    std::vector<std::string> row{fmt::format("      {}", relocation.program_instruction),
                                 short_kind(relocation.kind), access_text(object, relocation),
                                 outcome(local[i])};
    for (const auto& kernel : kernels) {
      row.push_back(outcome(kernel.results[i]));
      if (!kernel.results[i].problem.empty())
        problems.push_back(fmt::format("{} at instruction {} on {}: {}", name,
                                       relocation.program_instruction, kernel.btf,
                                       printable(kernel.results[i].problem, 500)));
    }
    table.push_back(std::move(row));
  }
  flush();
  for (const auto& problem : problems)
    print_output("  {}\n", problem);
}

json kernel_json(const resolution& result) {
  const bool has_value =
      result.status == relocation_status::resolved || result.status == relocation_status::absent;
  return {{"status", std::string(relocation_status_name(result.status))},
          {"value", has_value ? json(result.value.target) : json()},
          {"problem", result.problem.empty() ? json() : json(result.problem)}};
}

json object_json(const program_object& object, const std::vector<resolution>& local,
                 const std::vector<resolved_kernel>& kernels) {
  json list = json::array();
  for (std::size_t i = 0; i < local.size(); ++i) {
    const auto& relocation = object.relocations()[i];
    json entry = relocation_json(object, relocation, nullptr);
    entry["built_value"] = kernel_json(local[i])["value"];
    entry["kernels"] = json::array();
    for (const auto& kernel : kernels)
      entry["kernels"].push_back(kernel_json(kernel.results[i]));
    list.push_back(std::move(entry));
  }
  return {{"object", object.path().string()}, {"relocations", std::move(list)}};
}

void run_relocations(const inspect_context& context, const relocations_arguments& given) {
  const auto files = given.objects.empty() ? context.object_paths() : given.objects;
  if (files.empty())
    throw failure("relocations: no object is named",
                  "Write the path of a BPF object or of an application.");
  const auto objects = read_program_objects(files);
  const wanted_types wanted(objects);
  const auto names = chosen_btfs(context, given);
  std::vector<core_target> targets;
  for (const auto& name : names) {
    targets.push_back(read_core_target(name, wanted));
    check_byte_order(objects, targets.back().types().byte_order(), name);
  }
  const bool is_json = context.flag(given.json, "JSON");
  json list = json::array();
  for (const auto& object : objects) {
    const auto local = resolve_locally(object);
    std::vector<resolved_kernel> kernels;
    for (std::size_t i = 0; i < targets.size(); ++i)
      kernels.push_back({names[i], resolve(object, targets[i])});
    if (is_json)
      list.push_back(object_json(object, local, kernels));
    else
      print_object(object, local, kernels);
  }
  if (!is_json)
    return;
  auto document = inspect_document("relocations");
  document["btfs"] = names;
  document["objects"] = std::move(list);
  print_json(document);
}

}  // namespace

void add_inspect_relocations_command(CLI::App& inspect, const shared_context& context) {
  auto* command = inspect.add_subcommand("relocations",
                                         "List CO-RE relocations, and what kernels make of them");
  auto given = std::make_shared<relocations_arguments>();
  command->add_option("object", given->objects, "BPF objects, or applications that carry some");
  command
      ->add_option("--btf", given->btfs,
                   "A kernel's BTF, a file or a name in the BTF cache; may be repeated. Default: "
                   "the running kernel's (variable BTF)")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { run_relocations(*context, *given); });
}

}  // namespace ebpfkit::host::tool
