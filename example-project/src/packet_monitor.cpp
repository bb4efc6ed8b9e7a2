#include "packet_monitor.hpp"

#include <cstdint>
#include <vector>

#include "kernel_types.hpp"
#include "program_id.hpp"

namespace kernel_watch {
namespace {

packets loaded_program() {
  const auto types = find_kernel_types();
  packets program = packets::open(types.open_options()).value();
  program.load().value();
  return program;
}

}  // namespace

packets::counter sum(const packet_totals& totals) {
  packets::counter result{};
  for (const packets::counter& total : totals) {
    result.packets += total.packets;
    result.bytes += total.bytes;
  }
  return result;
}

packet_monitor::packet_monitor(unsigned interface_index)
    : program_(loaded_program()),
      link_(program_.programs().count_packets.attach_xdp(interface_index).value()) {}

packet_totals packet_monitor::totals() {
  packet_totals result{};
  const auto add = [&result](const std::uint32_t& protocol,
                             const std::vector<packets::counter>& per_cpu) {
    packets::counter& total = result.at(protocol);
    total.packets = ebpfkit::sum(per_cpu, &packets::counter::packets);
    total.bytes = ebpfkit::sum(per_cpu, &packets::counter::bytes);
  };
  program_.maps().counters.for_each(add).value();
  return result;
}

std::uint32_t packet_monitor::program_id() {
  return kernel_watch::program_id(program_.programs().count_packets.fd());
}

}  // namespace kernel_watch
