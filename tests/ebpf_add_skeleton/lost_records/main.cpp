#include <cstdint>
#include <cstdio>
#include <ebpfkit/lost_records.hpp>
#include <ebpfkit/test_run.hpp>
#include <vector>

#include "sending.skel.hpp"

int main() {
  auto sending = ebpf::sending::open().value();
  sending.load().value();
  ebpfkit::xdp_run_options options;
  options.repeat = 1000;
  ebpfkit::run_xdp(sending.programs().sends, std::vector<std::uint8_t>(64), options).value();
  auto counts = sending.maps().event_counts;
  const auto total = ebpfkit::total_of(ebpfkit::read_record_counts(counts).value());
  std::printf(
      "sent: %d, lost: %s\n", static_cast<int>(total.sent),
      total.lost[ebpfkit::record_counts::full] == total.sent - total.arrived() ? "full" : "");
}
