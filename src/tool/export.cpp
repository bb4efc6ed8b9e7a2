// `ebpfkit export`: writes types from BTF for programs of the host, and BTF from C headers.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "export/header_types.hpp"
#include "export/host_types.hpp"
#include "export/rust_types.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "tool/bindings_options.hpp"

namespace ebpfkit::host::tool {

namespace {

constexpr const char* how_objects_get_types =
    "clang describes only types that a global, a map or a function that is not inlined uses.\n"
    "  For a ring buffer's record add to the BPF source: "
    "const struct NAME *NAME_in_btf __attribute__((unused));";

struct host_arguments {
  source_options source;
  std::vector<std::string> types;
  bool is_object = false;
  std::string cxx_namespace = "kernel";
  output_options output;
};

// Writes the text that `make` returns for the types.
void write_host_types(host_arguments& given, const host_types_maker& make) {
  given.source.take_files();
  const auto text = host_types_text(given.source, given.types, given.is_object, make);
  given.source.write_depfile(given.output);
  given.output.write(text, given.source.inputs());
}

std::shared_ptr<host_arguments> add_host_options(CLI::App& command) {
  auto given = std::make_shared<host_arguments>();
  add_source_options(command, given->source);
  command
      .add_option("--type", given->types,
                  "Struct, union, enum or typedef to write. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("--object", given->is_object,
                   "Take the BTF for that of a BPF object, not of a kernel");
  add_output_options(command, given->output);
  return given;
}

void add_headers(CLI::App& command) {
  auto* headers = command.add_subcommand("headers", "Make BTF of types in C headers");
  auto given = std::make_shared<header_types_request>();
  headers->add_option("--header", given->headers, "Header, as in #include <...>. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  headers->add_option("--type", given->types, "Type to take. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  headers
      ->add_option("--depfile", given->depfile,
                   "Depfile to write. It names the headers that were read")
      ->required();
  headers->add_option("--output", given->output, "BPF object to write")->required();
  headers->add_option("compiler", given->compiler, "clang and its flags, behind --")->required();
  headers->callback([given] { compile_header_types(*given); });
}

struct rust_arguments {
  std::filesystem::path header;
  std::vector<std::string> bindgen;
  output_options output;
};

// Takes what bindgen prints, so that a bindgen that fails or is killed leaves the old file.
void write_rust_types(const rust_arguments& given) {
  std::string warnings;
  const auto text = make_rust_types(given.header, given.bindgen, warnings);
  print_error("{}", warnings);
  const std::vector<std::filesystem::path> inputs{given.header, given.bindgen.front()};
  given.output.write(text, inputs);
}

void add_rust(CLI::App& command) {
  auto* rust = command.add_subcommand("rust", "Make Rust of a header that `export c` has written");
  auto given = std::make_shared<rust_arguments>();
  rust->add_option("--header", given->header, "Header to read")->required();
  add_output_options(*rust, given->output);
  rust->add_option("bindgen", given->bindgen, "bindgen and its options, behind --")->required();
  rust->callback([given] { write_rust_types(*given); });
}

}  // namespace

std::string host_types_text(const source_options& source, const std::vector<std::string>& types,
                            bool is_object, const host_types_maker& make) {
  std::vector<std::string> warnings;
  const auto input = read_bindings_source(source.source, types, warnings);
  host_types_request request;
  request.types = types;
  request.origin = source.origin;
  if (request.origin.btf_sha256.empty() || !source.source.more_btf.empty())
    request.origin.btf_sha256 = sha256_hex(input.graph->bytes());
  request.source = input.path.string();
  if (is_object)
    request.missing_type_remedy = how_objects_get_types;
  auto text = make(*input.graph, request);
  print_warnings(warnings, source.origin);
  return text;
}

void add_export_command(CLI::App& app) {
  auto* command = app.add_subcommand("export", "Write types of BTF for programs of the host");
  command->require_subcommand(1);

  auto* cxx = command->add_subcommand("cxx", "Write a C++17 header");
  auto cxx_arguments = add_host_options(*cxx);
  cxx->add_option("--namespace", cxx_arguments->cxx_namespace, "Namespace of the types");
  cxx->callback([cxx_arguments] {
    write_host_types(*cxx_arguments, [&](const auto& types, const auto& request) {
      return make_cxx_types(types, request, cxx_arguments->cxx_namespace);
    });
  });

  auto* c = command->add_subcommand("c", "Write a C11 header, which bindgen turns into Rust");
  auto c_arguments = add_host_options(*c);
  c->callback([c_arguments] { write_host_types(*c_arguments, make_c_types); });

  add_rust(*command);
  add_headers(*command);
}

}  // namespace ebpfkit::host::tool
