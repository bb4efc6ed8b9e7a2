// THE_NAME [SECONDS]: prints each process that ends meanwhile (default: 10 seconds). It uses
// <cstdio>, because <iostream> would add a quarter of a megabyte to a static program.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <ebpfkit/btf_source.hpp>

#include "router_kernels.btf.hpp"
#include "exits.skel.hpp"
#include "process_text.hpp"

int main(int argc, char** argv) try {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 10);
  // The kernel's own BTF where there is one, else the embedded one for this kernel.
  const auto btf = ebpfkit::btf_source::find(ebpf::router_kernels()).value();
  std::printf("BTF: %s\n", btf.description().c_str());
  auto exits = ebpf::exits::open(btf.open_options()).value();
  exits.load().value();
  auto processes = exits.maps()
                       .processes
                       .subscribe<ebpf::exits::process>([](const ebpf::exits::process& process) {
                         std::puts(process_text(process).c_str());
                       })
                       .value();
  exits.attach().value();
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end)
    processes.poll(std::chrono::milliseconds(100)).value();
} catch (const std::exception& error) {
  std::fprintf(stderr, "THE_NAME: %s\n", error.what());
  return 1;
}
