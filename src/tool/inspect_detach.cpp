// `ebpfkit inspect detach`: what programs do without a living owner, and how that ends.
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "inspect/attachments.hpp"
#include "inspect/holders.hpp"
#include "inspect/loaded_objects.hpp"
#include "inspect/owners.hpp"
#include "inspect/project.hpp"
#include "inspect/tc_filters.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_removal.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct detach_options {
  std::string link_id;
  std::string program;
  std::string interface;
  bool all = false;
  bool yes = false;
  bool json = false;
};

// What the user names. Nothing named: the project's.
struct named_attachments {
  std::uint32_t link_id = 0;
  std::string program;
  std::uint32_t interface_index = 0;

  bool is_empty() const { return link_id == 0 && program.empty() && interface_index == 0; }
};

struct classified {
  attached_program attached;
  std::string program_name;
  std::vector<std::filesystem::path> pins;  // of a link
  std::vector<owning_process> holders;
  bool is_own = false;  // the project's, or named
  bool is_chosen = false;
  bool is_removed = false;

  // One word for programs that read the JSON.
  const char* word() const {
    if (!holders.empty())
      return "held";
    return is_own ? "leftover" : "other";
  }
};

named_attachments read_names(const inspect_context& context, const detach_options& given) {
  named_attachments names;
  if (const auto id = context.value(given.link_id, "LINK_ID"); !id.empty())
    names.link_id = inspect_number(id, "LINK_ID");
  names.program = context.value(given.program, "PROG");
  if (const auto interface = context.value(given.interface, "INTERFACE"); !interface.empty()) {
    names.interface_index = ::if_nametoindex(interface.c_str());
    if (names.interface_index == 0)
      throw failure(fmt::format("INTERFACE '{}': there is no such network interface", interface),
                    "`ip link` lists them. Interfaces of another network namespace are seen only "
                    "from there.");
  }
  return names;
}

bool is_named(const named_attachments& names, const classified& one) {
  return (names.link_id == 0 || one.attached.link_id == names.link_id) &&
         (names.program.empty() || one.program_name == names.program) &&
         (names.interface_index == 0 || one.attached.interface_index == names.interface_index);
}

std::vector<classified> classify(const std::vector<std::filesystem::path>& objects, bool takes_all,
                                 const object_owners& owners) {
  const auto all = find_objects({});
  const auto own = objects.empty() ? object_list{} : find_objects(objects);
  const auto find = [](const std::vector<loaded_program>& programs, std::uint32_t id) {
    return std::find_if(programs.begin(), programs.end(),
                        [&](const auto& program) { return program.id == id; });
  };
  std::vector<classified> found;
  for (auto& attached : find_attachments()) {
    classified one;
    const bool is_link = attached.kind == attachment_kind::link;
    const bpf_identity object = is_link ? bpf_identity{bpf_kind::link, attached.link_id}
                                        : bpf_identity{bpf_kind::program, attached.program_id};
    if (const auto program = find(all.programs, attached.program_id); program != all.programs.end())
      one.program_name = program->name;
    if (is_link)
      one.pins = owners.pins(object);
    one.holders = living_holders(all, owners, object);
    one.is_own = takes_all || find(own.programs, attached.program_id) != own.programs.end();
    one.attached = std::move(attached);
    found.push_back(std::move(one));
  }
  return found;
}

void print_attachments(const std::vector<classified>& list) {
  std::vector<std::vector<std::string>> rows{
      {"", "way", "link", "program", "name", "attached to", "state"}};
  for (const auto& one : list) {
    auto state = one.holders.empty() ? std::string(one.is_own ? "left over" : "not this project's")
                                     : "held by " + processes_text(one.holders);
    for (const auto& pin : one.pins)
      state += ", " + printable(pin.string());
    rows.push_back({one.is_chosen ? "*" : " ", attachment_word(one.attached.kind),
                    one.attached.link_id == 0 ? "-" : std::to_string(one.attached.link_id),
                    std::to_string(one.attached.program_id),
                    one.program_name.empty() ? "-" : printable(one.program_name),
                    printable(one.attached.target), state});
  }
  print_output("{}", text_table(rows));
}

void print_detach_document(const std::vector<classified>& list, bool is_complete) {
  auto document = inspect_document("detach");
  document["is_complete"] = is_complete;
  document["attachments"] = json::array();
  for (const auto& one : list) {
    json entry{{"way", attachment_word(one.attached.kind)},
               {"program_id", one.attached.program_id},
               {"program_name", one.program_name},
               {"target", one.attached.target},
               {"state", one.word()},
               {"processes", processes_json(one.holders)},
               {"pins", json::array()},
               {"is_chosen", one.is_chosen},
               {"is_removed", one.is_removed}};
    entry["link_id"] = one.attached.link_id == 0 ? json() : json(one.attached.link_id);
    for (const auto& pin : one.pins)
      entry["pins"].push_back(pin.string());
    document["attachments"].push_back(std::move(entry));
  }
  print_json(document);
}

// The kernel does not tell who made a qdisc that has no mark of the runtime library, and others may
// have filters in it.
void note_qdiscs(const std::vector<classified>& list) {
  std::set<std::uint32_t> interfaces;
  for (const auto& one : list)
    if (one.is_removed && one.attached.kind == attachment_kind::tc)
      interfaces.insert(one.attached.interface_index);
  for (const auto index : interfaces) {
    std::array<char, IF_NAMESIZE> name{};
    if (has_clsact(index) && ::if_indextoname(index, name.data()) != nullptr)
      print_output(
          "The clsact qdisc of {0} stays. If nobody else needs it: tc qdisc del dev {0} "
          "clsact\n",
          printable(name.data()));
  }
}

void detach(const inspect_context& context, const detach_options& given) {
  const auto names = read_names(context, given);
  context.need_root("detach programs");
  const bool is_json = context.flag(given.json, "JSON");
  const object_owners owners;
  auto list = classify(context.object_paths(), context.flag(given.all, "ALL"), owners);
  if (!names.is_empty()) {
    std::erase_if(list, [&](const auto& one) { return !is_named(names, one); });
    if (list.empty())
      throw failure("detach: nothing in the kernel fits what is named",
                    "`ebpfkit inspect detach --all` shows what is attached, and removes nothing "
                    "without --yes.");
  }
  std::size_t chosen = 0;
  for (auto& one : list) {
    // A link that no process and no pin holds ends by itself.
    const bool is_removable = one.attached.kind != attachment_kind::link || !one.pins.empty();
    one.is_chosen = !names.is_empty() ||
                    (one.is_own && one.holders.empty() && is_removable && owners.is_complete());
    chosen += one.is_chosen ? 1 : 0;
  }
  if (!is_json) {
    if (!list.empty())
      print_attachments(list);
    if (!owners.is_complete())
      print_output("Some processes cannot be read: only what you name is detached.\n");
    print_output("{}\n", chosen == 0 ? "There is nothing to detach."
                                     : fmt::format("To detach (*): {} of {}", chosen, list.size()));
  }
  if (chosen != 0 && may_remove(context, given.yes, is_json, "Detach these?")) {
    for (auto& one : list) {
      if (!one.is_chosen)
        continue;
      remove_attachment(one.attached, one.pins, !one.holders.empty());
      one.is_removed = true;
      if (!is_json)
        print_output("Detached program {} from {}\n", one.attached.program_id,
                     printable(one.attached.target));
    }
    if (!is_json)
      note_qdiscs(list);
  }
  if (is_json)
    print_detach_document(list, owners.is_complete());
}

}  // namespace

void add_inspect_detach_command(CLI::App& inspect, const shared_context& context) {
  auto given = std::make_shared<detach_options>();
  auto* command = inspect.add_subcommand(
      "detach", "Detach programs that no living process owns, or those named");
  command->add_option("--link-id", given->link_id,
                      "Only this link, whoever owns it (variable LINK_ID)");
  command->add_option("--prog", given->program,
                      "Only programs of this name, whoever owns them (variable PROG)");
  command->add_option("--interface", given->interface,
                      "Only XDP and tc programs of this interface, whoever owns them (variable "
                      "INTERFACE)");
  command->add_flag("--all", given->all, "Also what other projects left behind (variable ALL)");
  command->add_flag("--yes", given->yes, "Do not ask (variable YES)");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { detach(*context, *given); });
}

}  // namespace ebpfkit::host::tool
