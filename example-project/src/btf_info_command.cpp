#include <cstdlib>
#include <ebpfkit/btf_source.hpp>
#include <string>

#include "commands.hpp"
#include "json.hpp"
#include "kernel_types.hpp"
#include "kernels.btf.hpp"
#include "output.hpp"
#include "text.hpp"

namespace kernel_watch {
namespace {

std::string name_of(const ebpfkit::embedded_kernel_description& kernel) {
  std::string name;
  for (const auto& part :
       {kernel.distribution, kernel.distribution_version, kernel.architecture, kernel.release})
    name += (name.empty() || part.empty() ? "" : " ") + part;
  return name;
}

std::string choice_without_kernel_btf() {
  const auto types = find_embedded_kernel_types();
  return types ? types->description() : types.error().message();
}

void print_json(const ebpfkit::embedded_kernel_description& kernel) {
  print_line(json_object()
                 .text("type", kernel.is_of_build ? "build_kernel" : "embedded_kernel")
                 .text("distribution", kernel.distribution)
                 .text("distribution_version", kernel.distribution_version)
                 .text("architecture", kernel.architecture)
                 .text("release", kernel.release)
                 .count("bytes", kernel.btf_size)
                 .count("btf", kernel.btf_number)
                 .str());
}

void print_text(const ebpfkit::embedded_kernel_description& kernel) {
  print_line("  " + left_aligned(name_of(kernel), 44) +
             right_aligned(std::to_string(kernel.btf_size), 6) + " bytes, BTF " +
             std::to_string(kernel.btf_number) +
             (kernel.is_of_build ? ", built for this one" : ""));
}

}  // namespace

int show_btf_info(const btf_info_options& options) {
  const auto types = find_kernel_types();
  const auto embedded = ebpfkit::list_embedded(ebpf::kernels()).value();
  if (!options.json)
    print_line("Embedded BTF (kernels with the same number share it):");
  for (const auto& kernel : embedded)
    options.json ? print_json(kernel) : print_text(kernel);
  if (options.json) {
    print_line(json_object()
                   .text("type", "choice")
                   .text("here", types.description())
                   .boolean("portable", types.is_portable())
                   .text("without_kernel_btf", choice_without_kernel_btf())
                   .str());
  } else {
    print_line("Here: " + types.description());
    print_line("If this kernel had no BTF: " + choice_without_kernel_btf());
  }
  return EXIT_SUCCESS;
}

}  // namespace kernel_watch
