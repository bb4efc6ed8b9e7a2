// `ebpfkit core`: lists the CO-RE relocations of an object, checks whether they resolve on given
// kernels, and cuts a kernel's BTF down to what they need.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "input/btf_cache.hpp"
#include "relocation/minimise.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"
#include "tool/json_text.hpp"
#include "tool/program_objects.hpp"

namespace ebpfkit::host::tool {

namespace {

using paths = std::vector<std::filesystem::path>;

struct list_arguments {
  std::filesystem::path object;
  bool json = false;
};

struct check_arguments {
  paths btfs;
  paths objects;
  bool json = false;
  bool all = false;
  bool missing_ok = false;
};

struct minimise_arguments {
  std::filesystem::path btf;
  paths objects;
  output_options output;
};

void add_list_json(const program_object& object, json_text& report) {
  report.open_object();
  report.name("object");
  report.value(nlohmann::json(object.path().string()));
  report.name("relocations");
  report.open_list();
  for (const auto& relocation : object.relocations())
    report.value(relocation_json(object, relocation, nullptr));
  report.close();
  report.close();
}

// An application may carry several objects.
void run_list(const list_arguments& given) {
  const auto objects = read_program_objects(std::span(&given.object, 1));
  const bool is_application = objects.size() != 1 || objects.front().path() != given.object;
  json_text report;
  report.open_document("core list");
  report.name("objects");
  report.open_list();
  for (const auto& object : objects) {
    if (given.json) {
      add_list_json(object, report);
      continue;
    }
    if (is_application)
      print_output("{}: {} relocations\n", object.path().string(), object.relocations().size());
    for (const auto& relocation : object.relocations())
      print_output("{}", relocation_text(object, relocation, nullptr));
  }
  report.close();
  report.close();
  if (given.json)
    report.print();
}

// Whether a type or field is missing on the target, for a relocation that does not only ask if it
// exists. libbpf does not refuse the object. The program works if it tests for the type or field
// before it uses it. The verifier refuses a program without such a test.
bool is_missing(const core_relocation& relocation, const resolution& result) {
  return result.status == relocation_status::poisoned ||
         (result.status == relocation_status::absent && !is_existence_relocation(relocation.kind));
}

// Whether libbpf refuses to load the object.
bool is_refused(const resolution& result) {
  return result.status == relocation_status::ambiguous ||
         result.status == relocation_status::refused;
}

// What an object's relocations are on one kernel.
struct check_result {
  std::vector<resolution> results;  // of object.relocations()
  std::size_t missing = 0;
  std::size_t refused = 0;
  std::vector<std::size_t> shown;  // indices of `results`
};

check_result check_object(const program_object& object, const core_target& target, bool shows_all) {
  check_result found{resolve(object, target), 0, 0, {}};
  for (std::size_t i = 0; i < found.results.size(); ++i) {
    const bool refused = is_refused(found.results[i]);
    const bool missing = is_missing(object.relocations()[i], found.results[i]);
    found.refused += refused ? 1 : 0;
    found.missing += missing ? 1 : 0;
    if (refused || missing || shows_all)
      found.shown.push_back(i);
  }
  return found;
}

void add_json(const program_object& object, const check_result& found, json_text& report) {
  report.open_object();
  report.name("missing_count");
  report.value(nlohmann::json(found.missing));
  report.name("object");
  report.value(nlohmann::json(object.path().string()));
  report.name("refused_count");
  report.value(nlohmann::json(found.refused));
  report.name("relocation_count");
  report.value(nlohmann::json(found.results.size()));
  report.name("relocations");
  report.open_list();
  for (const auto i : found.shown)
    report.value(relocation_json(object, object.relocations()[i], &found.results[i]));
  report.close();
  report.close();
}

void print_text(const program_object& object, const check_result& found,
                const std::filesystem::path& btf) {
  print_output("{}: {}: {} relocations, {} missing, {} refused\n", btf.string(),
               object.path().string(), found.results.size(), found.missing, found.refused);
  for (const auto i : found.shown)
    print_output("{}", relocation_text(object, object.relocations()[i], &found.results[i]));
}

void run_check(const check_arguments& given) {
  const auto objects = read_program_objects(given.objects);
  const wanted_types wanted(objects);
  json_text report;
  report.open_document("core check");
  report.name("kernels");
  report.open_list();
  bool is_good = true;
  for (const auto& btf : given.btfs) {
    const auto target = read_core_target(btf, wanted);
    check_byte_order(objects, target.types().byte_order(), btf);
    report.open_object();
    report.name("btf");
    report.value(nlohmann::json(btf.string()));
    report.name("objects");
    report.open_list();
    for (const auto& object : objects) {
      const auto found = check_object(object, target, given.all);
      is_good = is_good && found.refused == 0 && (found.missing == 0 || given.missing_ok);
      if (given.json)
        add_json(object, found, report);
      else
        print_text(object, found, btf);
    }
    report.close();
    report.close();
  }
  report.close();
  report.close();
  if (given.json)
    report.print();
  if (!is_good)
    throw CLI::RuntimeError(1);
}

void run_minimise(const minimise_arguments& given) {
  const auto objects = read_program_objects(given.objects);
  const auto target = read_core_target(given.btf, wanted_types(objects));
  check_byte_order(objects, target.types().byte_order(), given.btf);
  const auto bytes = minimise(objects, target);
  auto inputs = given.objects;
  inputs.push_back(find_btf_file(given.btf, {}));
  given.output.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, inputs);
}

}  // namespace

void add_core_command(CLI::App& app) {
  auto* core = app.add_subcommand("core", "List CO-RE relocations, and check them against kernels");
  core->require_subcommand(1);

  auto* list = core->add_subcommand(
      "list", "List the relocations of an object, or of those in an application");
  auto list_given = std::make_shared<list_arguments>();
  list->add_option("object", list_given->object, "BPF object, or an application that carries some")
      ->required();
  list->add_flag("--json", list_given->json, "Print JSON");
  list->callback([list_given] { run_list(*list_given); });

  auto* check = core->add_subcommand(
      "check",
      "Tell which relocations do not resolve on the given kernels. Exit status 1 if there are any");
  auto check_given = std::make_shared<check_arguments>();
  check
      ->add_option("--btf", check_given->btfs,
                   "File with a kernel's BTF, or its name in the BTF cache; may be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  check->add_option("object", check_given->objects, "BPF objects, or applications that carry some")
      ->required();
  check->add_flag("--json", check_given->json, "Print JSON");
  check->add_flag("--all", check_given->all, "List the relocations that resolve, too");
  check->add_flag(
      "--missing-ok", check_given->missing_ok,
      "Exit with status 0 when types or fields are missing, for programs that test for them");
  check->callback([check_given] { run_check(*check_given); });

  auto* minimise = core->add_subcommand(
      "minimise", "Cut a kernel's BTF down to what the relocations of objects need");
  auto minimise_given = std::make_shared<minimise_arguments>();
  minimise
      ->add_option("--btf", minimise_given->btf,
                   "File with the kernel's BTF, or its name in the BTF cache")
      ->required();
  minimise->add_option("object", minimise_given->objects, "BPF objects")->required();
  add_output_options(*minimise, minimise_given->output);
  minimise->callback([minimise_given] { run_minimise(*minimise_given); });
}

}  // namespace ebpfkit::host::tool
