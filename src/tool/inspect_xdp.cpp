// `ebpfkit inspect xdp-advice` (also `xdp`): how network interfaces run XDP programs, and how many
// packets that allows.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/map_advice.hpp"
#include "inspect/run_statistics.hpp"
#include "inspect/xdp_chains.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct xdp_options {
  std::string interface;
  std::string interval;
  bool json = false;
};

struct free_names {
  void operator()(struct if_nameindex* list) const { ::if_freenameindex(list); }
};

// An XDP program at an interface.
struct running_xdp {
  std::string interface;
  std::uint32_t index = 0;
  const char* mode = "";  // "native", "generic" or "offload"
  // For the dispatcher of a chain, with the maps of the chain's programs, too.
  loaded_program program;
  std::optional<dispatched_programs> chain;
  measured_program measured;
  std::vector<map_usage> maps;
};

// The kernel counts the time of the chain's programs as time of the dispatcher.
void add_maps_of_chain(running_xdp& xdp) {
  auto& maps = xdp.program.map_ids;
  for (const auto& member : xdp.chain->programs)
    for (const auto map : member.program.map_ids)
      if (std::ranges::find(maps, map) == maps.end())
        maps.push_back(map);
}

// The programs of all interfaces of this network namespace, or of one.
std::vector<running_xdp> find_running_xdp(const std::string& wanted) {
  std::vector<running_xdp> found;
  bool is_known = wanted.empty();
  const std::unique_ptr<struct if_nameindex, free_names> names(::if_nameindex());
  for (const auto* one = names.get(); one != nullptr && one->if_index != 0; ++one) {
    if (!wanted.empty() && wanted != one->if_name)
      continue;
    is_known = true;
    bpf_xdp_query_opts answer{};
    answer.sz = sizeof answer;
    if (bpf_xdp_query(static_cast<int>(one->if_index), 0, &answer) != 0)
      continue;
    const auto add = [&](std::uint32_t id, const char* mode) {
      if (id == 0)
        return;
      const auto fd = open_program(id);
      const auto program = read_program(fd.get());
      if (!program)
        return;
      auto chain = read_dispatched_programs(*program);
      found.push_back({one->if_name, one->if_index, mode, *program, std::move(chain), {}, {}});
      if (found.back().chain)
        add_maps_of_chain(found.back());
    };
    add(answer.drv_prog_id, "native");
    add(answer.skb_prog_id, "generic");
    add(answer.hw_prog_id, "offload");
  }
  if (!is_known)
    throw failure(fmt::format("INTERFACE '{}': there is no such network interface", wanted),
                  "`ip link` lists them. Interfaces of another network namespace are seen only "
                  "from there.");
  return found;
}

// What one core can do when it does nothing but run the program.
double most_packets(const running_xdp& xdp) {
  const auto average = xdp.measured.average_ns();
  return average > 0 ? 1e9 / average : 0;
}

std::string advice(const running_xdp& xdp) {
  const std::string mode = xdp.mode;
  if (mode == "generic")
    return "generic: the kernel first makes a socket buffer of each packet, which costs more than "
           "most programs. Attach in native mode (XDP_FLAGS_DRV_MODE) if the driver has it.";
  if (mode == "offload")
    return "offload: the network card runs the program, so the kernel does not see its runs.";
  return "native: the driver runs the program before the kernel makes a socket buffer.";
}

std::string ring_text(const map_usage& map, double seconds) {
  if (!map.ring)
    return "-";
  return fmt::format("{} waiting, {:.0f} written/s, {:.0f} taken/s{}", map.ring->waiting_bytes,
                     static_cast<double>(map.ring->written_bytes) / seconds,
                     static_cast<double>(map.ring->taken_bytes) / seconds,
                     map.ring->was_full ? ", FULL" : "");
}

// Each map once, although several programs may use it.
void print_maps(const std::vector<running_xdp>& list) {
  std::vector<std::vector<std::string>> rows{
      {"map", "name", "type", "entries", "memory bytes", "ring buffer bytes"}};
  std::set<std::uint32_t> shown;
  std::string advice_text;
  for (const auto& xdp : list)
    for (const auto& map : xdp.maps) {
      if (!shown.insert(map.map.id).second)
        continue;
      rows.push_back({std::to_string(map.map.id), printable(map.map.name), map.map.type,
                      std::to_string(map.map.max_entries), std::to_string(map.map.memory_bytes),
                      ring_text(map, xdp.measured.interval)});
      if (!map.advice.empty())
        advice_text += fmt::format("map '{}': {}\n", printable(map.map.name), map.advice);
    }
  if (rows.size() > 1)
    print_output("\nMaps of these programs:\n{}{}", text_table(rows), advice_text);
}

json maps_json(const running_xdp& xdp) {
  auto maps = json::array();
  for (const auto& map : xdp.maps) {
    json entry{{"id", map.map.id},
               {"name", map.map.name},
               {"type", map.map.type},
               {"max_entries", map.map.max_entries},
               {"memory_bytes", map.map.memory_bytes},
               {"per_cpu_memory_bytes", map.per_cpu_bytes ? json(*map.per_cpu_bytes) : json()},
               {"busy_cpu_share", map.busy_share ? json(*map.busy_share) : json()},
               {"ring_buffer", nullptr},
               {"advice", map.advice}};
    if (map.ring)
      entry["ring_buffer"] = {{"waiting_bytes", map.ring->waiting_bytes},
                              {"written_bytes", map.ring->written_bytes},
                              {"taken_bytes", map.ring->taken_bytes},
                              {"was_full", map.ring->was_full}};
    maps.push_back(std::move(entry));
  }
  return maps;
}

void print_chain(const running_xdp& xdp) {
  const auto& chain = *xdp.chain;
  print_output(
      "{}: the program is the dispatcher of an XDP chain. It runs these programs in this order. "
      "The figures are those of all of them together:\n",
      printable(xdp.interface));
  std::vector<std::vector<std::string>> rows{{"priority", "program", "name"}};
  for (const auto& member : chain.programs)
    rows.push_back({std::to_string(member.priority), std::to_string(member.program.id),
                    printable(member.program.name)});
  print_output("{}", text_table(rows));
  if (chain.programs.size() < chain.count)
    print_output(
        "The chain has {} programs, of which the kernel names {}. It names all since Linux 5.13.\n",
        chain.count, chain.programs.size());
}

json chain_json(const running_xdp& xdp) {
  auto members = json::array();
  if (xdp.chain)
    for (const auto& member : xdp.chain->programs)
      members.push_back({{"program_id", member.program.id},
                         {"program_name", member.program.name},
                         {"priority", member.priority}});
  return members;
}

void print_xdp(const std::vector<running_xdp>& list) {
  std::vector<std::vector<std::string>> rows{
      {"interface", "mode", "program", "name", "packets/s", "average ns", "at most packets/s"}};
  for (const auto& xdp : list) {
    const bool has_run = xdp.measured.runs != 0;
    rows.push_back({printable(xdp.interface), xdp.mode, std::to_string(xdp.program.id),
                    printable(xdp.program.name),
                    fmt::format("{:.1f}", xdp.measured.runs_per_second()),
                    has_run ? fmt::format("{:.0f}", xdp.measured.average_ns()) : "-",
                    has_run ? fmt::format("{:.0f}", most_packets(xdp)) : "-"});
  }
  print_output("{}", text_table(rows));
  for (const auto& xdp : list) {
    print_output("{}: {}\n", printable(xdp.interface), advice(xdp));
    if (xdp.chain)
      print_chain(xdp);
    if (xdp.measured.runs == 0)
      print_output(
          "{}: no packet came meanwhile, so there is no average. INTERVAL=<seconds> "
          "(--interval) measures for longer.\n",
          printable(xdp.interface));
  }
  print_output(
      "\"At most\" is one core that does nothing but run the program. The driver and the "
      "rest of the kernel need time of their own.\n");
  print_maps(list);
}

json xdp_json(const std::vector<running_xdp>& list) {
  auto entries = json::array();
  for (const auto& xdp : list) {
    const bool has_run = xdp.measured.runs != 0;
    entries.push_back(
        {{"interface", xdp.interface},
         {"interface_index", xdp.index},
         {"mode", xdp.mode},
         {"program_id", xdp.program.id},
         {"program_name", xdp.program.name},
         {"chain", chain_json(xdp)},
         {"packets_per_second", xdp.measured.runs_per_second()},
         {"average_ns", has_run ? json(xdp.measured.average_ns()) : json()},
         {"most_packets_per_second_of_one_core", has_run ? json(most_packets(xdp)) : json()},
         {"advice", advice(xdp)},
         {"maps", maps_json(xdp)}});
  }
  return entries;
}

// The programs themselves, and those of other kinds that use their maps, each once.
std::vector<loaded_program> programs_of(const std::vector<running_xdp>& list) {
  std::set<std::uint32_t> ids;
  std::set<std::uint32_t> maps;
  for (const auto& xdp : list) {
    ids.insert(xdp.program.id);
    maps.insert(xdp.program.map_ids.begin(), xdp.program.map_ids.end());
  }
  auto programs = loaded_programs();
  std::erase_if(programs, [&](const auto& program) {
    return !ids.contains(program.id) &&
           std::ranges::none_of(program.map_ids,
                                [&](std::uint32_t map) { return maps.contains(map); });
  });
  return programs;
}

void advise(const inspect_context& context, const xdp_options& given) {
  const auto interval = inspect_seconds(context.value(given.interval, "INTERVAL"), 1);
  context.need_root("measure programs");
  auto list = find_running_xdp(context.value(given.interface, "INTERFACE"));
  std::vector<map_watch> watches;
  for (const auto& xdp : list)
    watches.emplace_back(xdp.program.map_ids);
  auto measured =
      list.empty() ? std::vector<measured_program>() : measure(programs_of(list), interval.count());
  for (auto& one : measured)
    for (const auto& xdp : list)
      if (one.program.id == xdp.program.id)
        one.program.map_ids = xdp.program.map_ids;
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i].maps = watches[i].finish(measured);
  for (auto& xdp : list) {
    xdp.measured.interval = interval.count();
    // A program at several interfaces has one counter: its average holds for all of them.
    for (const auto& one : measured)
      if (one.program.id == xdp.program.id)
        xdp.measured = one;
  }
  if (context.flag(given.json, "JSON")) {
    auto document = inspect_document("xdp-advice");
    document["interfaces"] = xdp_json(list);
    print_json(document);
  } else if (list.empty()) {
    print_output("No network interface runs an XDP program.\n");
  } else {
    print_xdp(list);
  }
}

}  // namespace

void add_inspect_xdp_command(CLI::App& inspect, const shared_context& context) {
  auto given = std::make_shared<xdp_options>();
  auto* command = inspect.add_subcommand(
      "xdp-advice", "Tell how interfaces run XDP programs, and how many packets that allows");
  command->alias("xdp");
  command->add_option("--interface", given->interface,
                      "Only this network interface (variable INTERFACE)");
  command->add_option("--interval", given->interval,
                      "Seconds to measure, default 1 (variable INTERVAL)");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { advise(*context, *given); });
}

}  // namespace ebpfkit::host::tool
