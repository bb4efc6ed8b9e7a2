// `ebpfkit bindings`: writes kernel types from BTF as a C header.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "input/btf_cache.hpp"
#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "tool/bindings_options.hpp"

namespace ebpfkit::host::tool {

namespace {

struct bindings_arguments {
  source_options source;
  type_request types;
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
  if (!arguments.types.whole && arguments.types.types.empty() && !has_identifiers)
    throw failure("ebpfkit bindings: nothing is asked for",
                  "Give --type NAME, --identifiers-file FILE or --whole.");
  if (has_identifiers)
    arguments.types.identifiers = read_lines(arguments.identifiers_file);

  arguments.source.take_files();
  const auto header = bindings_text(arguments.source, arguments.types);
  arguments.source.write_depfile(arguments.output);
  auto inputs = arguments.source.inputs();
  if (has_identifiers)
    inputs.push_back(arguments.identifiers_file);
  arguments.output.write(header, inputs);
}

}  // namespace

std::string bindings_text(const source_options& source, const type_request& types) {
  bindings_request request;
  static_cast<bindings_source&>(request) = source.source;
  request.types = types;
  request.origin = source.origin;
  std::vector<std::string> warnings;
  auto header = make_bindings(std::move(request), warnings);
  print_warnings(warnings, source.origin);
  return header;
}

void source_options::take_files() {
  for (auto& file : files)
    file = find_btf_file(file, btf_cache);
  if (!source.base_btf.empty())
    source.base_btf = find_btf_file(source.base_btf, btf_cache);
  source.btf = files.front();
  source.more_btf.assign(files.begin() + 1, files.end());
}

std::vector<std::filesystem::path> source_options::inputs() const {
  auto inputs = files;
  if (!source.base_btf.empty())
    inputs.push_back(source.base_btf);
  return inputs;
}

void source_options::write_depfile(const output_options& output) const {
  if (!depfile.empty())
    write_output(depfile, make_depfile(output.path, inputs()), unchanged::touch);
}

void add_source_options(CLI::App& command, source_options& options) {
  command
      .add_option(
          "--btf", options.files,
          "File with BTF (raw, or a vmlinux, a module, a BPF object, also compressed), or a "
          "name in the BTF cache. Several files, each with --btf, must agree in the types "
          "that are asked for")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--base-btf", options.source.base_btf,
                     "The kernel's BTF, for BTF of its module");
  command.add_option("--btf-cache", options.btf_cache,
                     "Directory of the BTF cache (default: ~/.cache/ebpfkit/btf)");
  command.add_option("--depfile", options.depfile,
                     "Depfile to write. It names the files that the BTF was read from");
  command.add_option("--arch", options.source.architecture,
                     "Warn when the BTF is of another architecture");
  command.add_option("--btf-sha256", options.origin.btf_sha256,
                     "The BTF's SHA-256, if the caller knows it. Saves computing it");
  command.add_option("--source-label", options.origin.source_label,
                     "What the header calls the source of the BTF");
  command.add_option("--kernel-release", options.origin.kernel_release,
                     "Kernel release that the header records");
  command.add_option(
      "--fixed-layout", options.origin.fixed_layout,
      "C headers that the BTF was made of. The records then get no CO-RE relocations");
}

void print_warnings(const std::vector<std::string>& warnings, const header_origin& origin) {
  for (const auto& warning : warnings)
    print_error("ebpfkit: warning: {}\n", warning);
  if (!origin.fixed_layout.empty())
    print_error(
        "ebpfkit: warning: no CO-RE: the offsets of these types are fixed now and hold only "
        "for {}. On a kernel of another version or configuration the program reads wrong "
        "memory.\n",
        origin.fixed_layout);
}

void add_bindings_command(CLI::App& app) {
  auto* command = app.add_subcommand("bindings", "Write types of a kernel's BTF as a C header");
  auto given = std::make_shared<bindings_arguments>();
  add_source_options(*command, given->source);
  auto* whole = command->add_flag("--whole", given->types.whole, "Write all types");
  command
      ->add_option("--type", given->types.types,
                   "Struct, union, enum, typedef or enumerator to write with what it needs by "
                   "value, or only a member of a record (task_struct.real_parent.tgid)")
      ->take_all()
      ->allow_extra_args(false)
      ->excludes(whole);
  command
      ->add_option(
          "--identifiers-file", given->identifiers_file,
          "File with the words of a program, one in each line. Writes the types that it can need")
      ->excludes(whole);
  add_output_options(*command, given->output);
  command->callback([given] { write_bindings(*given); });
}

}  // namespace ebpfkit::host::tool
