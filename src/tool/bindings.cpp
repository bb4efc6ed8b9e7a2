// `ebpfkit bindings`: BTF -> kernel types as a C header.
#include <memory>
#include <string>
#include <vector>

#include "btf/bindings.hpp"
#include "support/failure.hpp"
#include "tool/command.hpp"

namespace ebpfkit::tool {

namespace {

struct bindings_arguments {
  bindings_request request;
  std::filesystem::path identifiers_file;
  output_options output;
};

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  std::vector<std::string> lines(1);
  for (const auto byte : bytes) {
    if (byte == '\n')
      lines.emplace_back();
    else if (byte != '\r')
      lines.back() += static_cast<char>(byte);
  }
  return lines;
}

void write_bindings(bindings_arguments& arguments) {
  const bool has_identifiers = !arguments.identifiers_file.empty();
  if (!arguments.request.types.whole && arguments.request.types.types.empty() && !has_identifiers)
    throw failure("ebpfkit bindings: nothing is asked for",
                  "Give --type NAME, --identifiers-file FILE or --whole.");
  if (has_identifiers)
    arguments.request.types.identifiers = read_lines(arguments.identifiers_file);

  write_output(arguments.output.path, make_bindings(arguments.request),
               arguments.output.when_unchanged());
}

}  // namespace

void add_bindings_command(CLI::App& app) {
  auto* command = app.add_subcommand("bindings", "Write types of a kernel's BTF as a C header");
  auto given = std::make_shared<bindings_arguments>();
  command
      ->add_option("--btf", given->request.btf,
                   "Raw BTF, or an ELF file that has it (vmlinux, a module)")
      ->required();
  command->add_option("--base-btf", given->request.base_btf,
                      "The kernel's BTF, for BTF of its module");
  auto* whole = command->add_flag("--whole", given->request.types.whole, "Write all types");
  command
      ->add_option("--type", given->request.types.types,
                   "Struct, union, enum, typedef or enumerator to write with what it needs by "
                   "value, or only a member of a record (task_struct.real_parent.tgid)")
      ->take_all()
      ->allow_extra_args(false)
      ->excludes(whole);
  command
      ->add_option("--identifiers-file", given->identifiers_file,
                   "Words of a program, one a line: write the types that it can need")
      ->excludes(whole);
  command->add_option("--btf-sha256", given->request.origin.btf_sha256,
                      "Its SHA-256, where it is known already");
  command->add_option("--source-label", given->request.origin.source_label,
                      "What the header calls the source of the BTF");
  command->add_option("--kernel-release", given->request.origin.kernel_release,
                      "Kernel release that the header records");
  add_output_options(*command, given->output);
  command->callback([given] { write_bindings(*given); });
}

}  // namespace ebpfkit::tool
