// `ebpfkit compile`: compiles one BPF source to an object, with the kernel types that it uses.
#include "sources/compile.hpp"

#include <bit>
#include <cstdio>
#include <memory>
#include <string>

#include "sources/identifiers.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void add_compile_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "compile",
      "Compile a BPF source. Can make a header of the kernel types that the source uses");
  auto given = std::make_shared<compile_request>();
  command->add_option("--source", given->source, "BPF C source")->required();
  command->add_option("--output", given->output, "Object to write")->required();
  command->add_option("--depfile", given->depfile, "Depfile to write")->required();
  auto* marker = command->add_option("--marker-directory", given->marker_directory,
                                     "Directory of the header's stand-in");
  command->add_option("--header", given->header, "Header to make, alone in its directory")
      ->needs(marker);
  command->add_option("--existing-header", given->existing_header,
                      "File name of a header of kernel types that exists already");
  command->add_option("--spellings-directory", given->spellings_directory,
                      "Directory for files that stand where the source looks for the header");
  command->add_option("--btf", given->btf,
                      "File that the kernel types come from, or a name in the BTF cache");
  command->add_option("--base-btf", given->base_btf, "The kernel's BTF, for BTF of its module");
  command->add_option("--arch", given->architecture,
                      "Refuse kernel types when the BTF is of another architecture");
  command
      ->add_option_function<std::endian>(
          "--endian", [given](std::endian order) { given->byte_order = order; },
          "Refuse kernel types when the BTF is of another byte order")
      ->transform(byte_order_words());
  command->add_flag("--allow-other-architecture", given->allow_other_architecture,
                    "Only warn when the BTF is of another architecture or byte order");
  command->add_flag("!--no-uapi-macros", given->with_uapi_macros,
                    "Define no macros of the installed kernel headers");
  command->add_option("--btf-cache", given->btf_cache,
                      "Directory of the BTF cache (default: ~/.cache/ebpfkit/btf)");
  command->add_option("--btf-sha256", given->origin.btf_sha256,
                      "The BTF's SHA-256, if the caller knows it. Saves computing it");
  command->add_option("--source-label", given->origin.source_label,
                      "What the header calls the source of the BTF");
  command->add_option("--kernel-release", given->origin.kernel_release,
                      "Kernel release that the header records");
  command
      ->add_option("--type", given->types,
                   "Type that the header gets besides those that the source uses")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--launcher", given->launcher, "Word of the compiler launcher's command")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("compiler", given->compiler, "Compiler and flags, after --")->required();
  command->callback([given] {
    given->compiler = expand_shell_options(given->compiler);
    try {
      write_to_terminal(stderr, compile_source(*given), colours::kept);
    } catch (const compile_failure& error) {
      // Print the compiler's messages unchanged, as if the user had run it directly.
      write_to_terminal(stderr, error.what(), colours::kept);
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace ebpfkit::host::tool
