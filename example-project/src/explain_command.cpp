#include <cstdlib>
#include <ebpfkit/capabilities.hpp>
#include <iterator>
#include <string>
#include <vector>

#include "commands.hpp"
#include "json.hpp"
#include "output.hpp"
#include "packets.skel.hpp"
#include "processes.skel.hpp"

namespace kernel_watch {
namespace {

using capability_needs = std::vector<ebpfkit::capability_need>;

// Opening an object loads nothing, so this needs no rights.
capability_needs needs_of_all_programs() {
  const auto packets = ebpf::packets::open().value();
  const auto processes = ebpf::processes::open().value();
  auto needs = ebpfkit::capabilities_of(packets.get());
  auto more = ebpfkit::capabilities_of(processes.get());
  needs.insert(needs.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  return needs;
}

}  // namespace

int explain_rights(const explain_options& options) {
  const auto needs = needs_of_all_programs();
  const auto names = ebpfkit::capability_names(needs);
  for (const auto& need : needs) {
    if (options.json)
      print_line(json_object()
                     .text("type", "capability")
                     .text("name", need.name)
                     .text("user", need.user)
                     .text("reason", need.reason)
                     .str());
    else
      print_line(need.user + " needs " + need.name + ": " + need.reason);
  }
  if (options.json) {
    print_line(json_object().text("type", "capabilities").text("names", names).str());
  } else {
    print_line("In a service of systemd:");
    print_line("CapabilityBoundingSet=" + names);
    print_line("AmbientCapabilities=" + names);
  }
  return EXIT_SUCCESS;
}

}  // namespace kernel_watch
