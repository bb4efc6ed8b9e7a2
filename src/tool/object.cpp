// `ebpfkit object link`: links compiled sources into one object and checks it.
#include <memory>

#include "object/link.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void add_object_command(CLI::App& app) {
  auto* object = app.add_subcommand("object", "Work on BPF objects");
  object->require_subcommand(1);

  struct arguments {
    link_request request;
    output_options output;
  };
  auto* link = object->add_subcommand("link", "Link compiled BPF sources into one checked object");
  auto given = std::make_shared<arguments>();
  link->add_option("input", given->request.inputs, "Compiled sources")->required();
  link->add_option("--bpftool", given->request.bpftool, "Path of the bpftool that links")
      ->required();
  link->add_option("--endian", given->request.order, "Byte order that the object must have")
      ->required()
      ->transform(byte_order_words());
  link->add_flag("--no-kernel-btf", given->request.no_kernel_btf,
                 "Refuse programs that need the running kernel's own BTF");
  link->add_flag("--no-embedded-btf", given->request.no_embedded_btf,
                 "Warn of CO-RE relocations, because no application embeds BTF");
  link->add_option("--btf", given->request.kernel_btf,
                   "BTF of a kernel, or a name in the BTF cache: warn of hooks that no kernel has")
      ->take_all()
      ->allow_extra_args(false);
  link->add_option("--base-btf", given->request.base_btf,
                   "The kernel's BTF, for BTF of its module");
  link->add_option("--btf-cache", given->request.btf_cache,
                   "Directory of the BTF cache (default: ~/.cache/ebpfkit/btf)");
  add_output_options(*link, given->output);
  link->callback([given] {
    given->request.output = given->output.path;
    given->request.when_unchanged = given->output.when_unchanged();
    link_object(given->request);
  });
}

}  // namespace ebpfkit::host::tool
