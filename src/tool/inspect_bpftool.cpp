// `ebpfkit inspect dump-prog|btf-dump|net-show|net-attach|feature-probe|tracelog`: what bpftool
// does well.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/object_files.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;
using words = std::vector<std::string>;

struct bpftool_options {
  object_choice program;
  std::string map_id;
  std::string interface;
  std::string mode;
  std::vector<std::filesystem::path> objects;
  bool jited = false;
  bool json = false;
};

// Runs bpftool and returns what it printed. Throws `failure` with its own words when it fails: it
// prints an error as JSON to standard output when it has -j.
std::string run_bpftool(const inspect_context& context, const words& arguments) {
  words command{context.bpftool()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto result = run_process(command);
  if (result.exit_status == 0)
    return result.output;
  const auto said = result.errors.empty() ? result.output : result.errors;
  throw failure(fmt::format("'{}' failed with status {}: {}", fmt::join(command, " "),
                            result.exit_status, printable(said, 1000)),
                "-DEBPFKIT_BPFTOOL=<path> (--bpftool) names another bpftool.");
}

// The document that bpftool -j printed. Throws `failure` when it is no JSON.
json parse_bpftool(const inspect_context& context, words arguments) {
  arguments.insert(arguments.begin(), "-j");
  const auto text = run_bpftool(context, arguments);
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    throw failure(
        fmt::format("'{} {}' printed no JSON", context.bpftool(), fmt::join(arguments, " ")),
        "Without JSON=1 (--json) the command shows what bpftool prints.");
  return document;
}

// Prints what one call of bpftool gives, as it is, or in a document of ours.
void show(const inspect_context& context, const char* command, const words& arguments,
          bool is_json) {
  if (!is_json) {
    print_output("{}", run_bpftool(context, arguments));
    return;
  }
  auto document = inspect_document(command);
  document["bpftool"] = parse_bpftool(context, arguments);
  print_json(document);
}

void dump_programs(const inspect_context& context, const bpftool_options& given) {
  context.need_root("read programs in the kernel");
  const bool is_json = context.flag(given.json, "JSON");
  const bool is_jited = context.flag(given.jited, "JITED");
  auto list = json::array();
  for (const auto& program : choose_programs(context, given.program, "dump-prog")) {
    const words arguments{"prog", "dump", is_jited ? "jited" : "xlated", "id",
                          std::to_string(program.id)};
    if (is_json) {
      list.push_back({{"id", program.id},
                      {"name", program.name},
                      {"tag", program.tag},
                      {"instructions", parse_bpftool(context, arguments)}});
      continue;
    }
    print_output("program {} '{}' ({}, tag {}), {}:\n{}", program.id, printable(program.name),
                 program.type, program.tag,
                 is_jited ? "machine code" : "BPF instructions behind the verifier (xlated)",
                 run_bpftool(context, arguments));
  }
  if (!is_json)
    return;
  auto document = inspect_document("dump-prog");
  document["form"] = is_jited ? "jited" : "xlated";
  document["programs"] = std::move(list);
  print_json(document);
}

void dump_btf(const inspect_context& context, const bpftool_options& given) {
  const auto program_id = context.value(given.program.id, "PROG_ID");
  const auto map_id = context.value(given.map_id, "MAP_ID");
  if (!program_id.empty() || !map_id.empty()) {
    context.need_root("read BTF in the kernel");
    const bool is_program = !program_id.empty();
    const auto id =
        is_program ? inspect_number(program_id, "PROG_ID") : inspect_number(map_id, "MAP_ID");
    show(context, "btf-dump",
         {"btf", "dump", is_program ? "prog" : "map", "id", std::to_string(id)},
         context.flag(given.json, "JSON"));
    return;
  }
  const object_files files(given.objects.empty() ? context.object_paths() : given.objects);
  if (files.objects().empty())
    throw failure(
        "btf-dump: no object is named",
        "Write the path of an object, PROG_ID=<id> (--prog-id) or MAP_ID=<id> (--map-id).");
  const bool is_json = context.flag(given.json, "JSON");
  auto list = json::array();
  for (const auto& object : files.objects()) {
    const auto path = object.path.string();
    if (is_json)
      list.push_back({{"object", object.shown},
                      {"bpftool", parse_bpftool(context, {"btf", "dump", "file", path})}});
    else
      print_output("// {}\n{}", object.shown,
                   run_bpftool(context, {"btf", "dump", "file", path, "format", "c"}));
  }
  if (!is_json)
    return;
  auto document = inspect_document("btf-dump");
  document["objects"] = std::move(list);
  print_json(document);
}

std::string existing_interface(const std::string& name) {
  if (::if_nametoindex(name.c_str()) == 0)
    throw failure(
        fmt::format("INTERFACE '{}': there is no such network interface", printable(name)),
        "`ip link` lists those of this machine.");
  return name;
}

// Of the kernel, or of a network card that programs can be offloaded to.
void probe_features(const inspect_context& context, const bpftool_options& given) {
  context.need_root("probe the kernel's features");
  const auto interface = context.value(given.interface, "INTERFACE");
  words arguments{"feature", "probe", "kernel"};
  if (!interface.empty())
    arguments = {"feature", "probe", "dev", existing_interface(interface)};
  show(context, "feature-probe", arguments, context.flag(given.json, "JSON"));
}

// Attaches a program that is loaded already. It stays attached when this process ends.
void attach_to_interface(const inspect_context& context, const bpftool_options& given) {
  const auto interface = context.value(given.interface, "INTERFACE");
  auto mode = context.value(given.mode, "MODE");
  if (mode.empty())
    mode = "xdp";
  const words modes{"xdp", "xdpgeneric", "xdpdrv", "xdpoffload"};
  if (std::ranges::find(modes, mode) == modes.end())
    throw failure(fmt::format("net-attach: MODE '{}' is no mode of XDP", printable(mode)),
                  fmt::format("Write {}.", list_names(modes, modes.size())));
  if (interface.empty())
    throw failure("net-attach: no network interface is named",
                  "Write INTERFACE=<name> (--interface).");
  context.need_root("attach programs");
  const auto program = choose_program(context, given.program, "net-attach");
  if (program.type != "xdp")
    throw failure(fmt::format("net-attach: program {} '{}' has the type {}, and not xdp",
                              program.id, printable(program.name), program.type),
                  "The application attaches programs of other types: the target load starts it.");
  run_bpftool(context, {"net", "attach", mode, "id", std::to_string(program.id), "dev",
                        existing_interface(interface)});
  if (context.flag(given.json, "JSON")) {
    auto document = inspect_document("net-attach");
    document["program_id"] = program.id;
    document["interface"] = interface;
    document["mode"] = mode;
    print_json(document);
    return;
  }
  print_output(
      "program {} '{}' is attached to {} ({}). INTERFACE={} with the target detach removes it.\n",
      program.id, printable(program.name), interface, mode, interface);
}

// Shows bpf_printk()'s lines until Ctrl-C. bpftool takes the place of this process, so that nothing
// stands between it and the terminal.
void trace_log(const inspect_context& context) {
  context.need_root("read the kernel's trace");
  const std::string& bpftool = context.bpftool();
  ::execlp(bpftool.c_str(), bpftool.c_str(), "prog", "tracelog", nullptr);
  throw failure(fmt::format("'{}': cannot run it: {}", bpftool, std::strerror(errno)),
                "-DEBPFKIT_BPFTOOL=<path> (--bpftool) names another bpftool.");
}

}  // namespace

void add_inspect_bpftool_commands(CLI::App& inspect, const shared_context& context) {
  const auto add = [&](const char* name, const char* description,
                       void (*run)(const inspect_context&, const bpftool_options&)) {
    auto* command = inspect.add_subcommand(name, description);
    auto given = std::make_shared<bpftool_options>();
    command->add_flag("--json", given->json, "Print JSON (variable JSON)");
    command->callback([=] { run(*context, *given); });
    return std::pair(command, given);
  };
  {
    auto [command, given] =
        add("dump-prog", "Show the instructions of programs in the kernel", dump_programs);
    add_program_choice(*command, given->program);
    command->add_flag("--all", given->program.all, "All programs in the kernel (variable ALL)");
    command->add_flag("--jited", given->jited, "Show machine code (variable JITED)");
  }
  {
    auto [command, given] =
        add("btf-dump",
            "Show the types of objects as C, or those of a program or map in the kernel", dump_btf);
    command->add_option("object", given->objects, "BPF objects, or applications with some");
    command->add_option("--prog-id", given->program.id, "Id of a program (variable PROG_ID)");
    command->add_option("--map-id", given->map_id, "Id of a map (variable MAP_ID)");
  }
  add("net-show", "List the programs that network interfaces run",
      [](const inspect_context& used, const bpftool_options& given) {
        used.need_root("list the programs of network interfaces");
        show(used, "net-show", {"net", "show"}, used.flag(given.json, "JSON"));
      });
  {
    auto [command, given] =
        add("net-attach", "Attach an XDP program that is loaded to a network interface",
            attach_to_interface);
    add_program_choice(*command, given->program);
    command->add_option("--interface", given->interface,
                        "Name of the network interface (variable INTERFACE)");
    command->add_option(
        "--mode", given->mode,
        "xdp (the driver's mode where it has one), xdpgeneric, xdpdrv or xdpoffload "
        "(variable MODE). Default: xdp");
  }
  {
    auto [command, given] =
        add("feature-probe", "Tell which BPF features the running kernel has", probe_features);
    command->add_option(
        "--interface", given->interface,
        "A network card that runs programs itself (offload), in place of the kernel "
        "(variable INTERFACE)");
  }
  inspect.add_subcommand("tracelog", "Show what programs print with bpf_printk(), until Ctrl-C")
      ->callback([=] { trace_log(*context); });
}

}  // namespace ebpfkit::host::tool
