// The lines of C++ in docs/coming-from.md.
#include <net/if.h>

#include <chrono>
#include <ebpfkit/features.hpp>
#include <exception>
#include <iostream>

#include "counter.skel.hpp"
#include "kernels.btf.hpp"
#include "minimal.skel.hpp"

namespace {

void use_embedded_btf() {
  auto btf = ebpfkit::btf_source::find(ebpf::kernels()).value();
  auto minimal = ebpf::minimal::open(btf.open_options()).value();
  minimal.load().value();
}

void count_packets(unsigned interface_index) {
  auto counter = ebpf::counter::open().value();
  counter.rodata().smallest = 64;
  counter.load().value();
  auto link = counter.programs().count.attach_xdp(interface_index).value();
  for (const auto& [key, value] : counter.maps().counts.entries().value())
    std::cout << key << ": " << value << '\n';
  auto reader = counter.maps().events.open_reader().value();
  if (counter.maps().counts.find(0U).value())
    std::cout << "an empty packet\n";
  if (const auto sum = counter.maps().counts_per_cpu.sum(0U).value())
    std::cout << *sum << '\n';
  auto events = counter.maps()
                    .events.subscribe<ebpf::counter::event>([](const ebpf::counter::event&) {})
                    .value();
  events.poll(std::chrono::milliseconds(0)).value();
}

}  // namespace

int main() try {
  use_embedded_btf();
  count_packets(if_nametoindex("lo"));
  for (const auto& need :
       ebpfkit::kernel_features::probe().missing_for(ebpf::counter::open().value().get()))
    std::cout << need.message() << '\n';
  std::cout << "works\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << "tool: " << error.what() << '\n';
  return 1;
}
