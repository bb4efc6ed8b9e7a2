// Reads a member of a kernel struct, with BTF from where the first argument says.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "kernels.btf.hpp"
#include "reader.skel.hpp"

int main(int, char** arguments) {
  const std::string source = arguments[1];
  std::optional<ebpfkit::btf_source> btf;
  if (source == "embedded") {
    auto found = ebpfkit::btf_source::find(ebpf::kernels());
    if (!found) {
      std::fprintf(stderr, "%s\n", found.error().message().c_str());
      return 1;
    }
    btf.emplace(std::move(*found));
  }
  auto reader = btf ? ebpf::reader::open(btf->open_options()) : ebpf::reader::open();
  if (!reader) {
    std::fprintf(stderr, "%s\n", reader.error().message().c_str());
    return 1;
  }
  reader->bss().wanted = getpid();
  for (const auto& step : {reader->load(), reader->attach()})
    if (!step) {
      std::fprintf(stderr, "%s\n", step.error().message().c_str());
      return 1;
    }
  getppid();
  std::printf("own number %d, by relocation %d, by the layout of the build %d\n", getpid(),
              reader->bss().by_relocation, reader->bss().by_build_layout);
  return reader->bss().by_relocation == getpid() ? 0 : 1;
}
