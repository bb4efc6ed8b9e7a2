// `ebpfkit export`: writes types from BTF for programs of the host, and BTF from C headers.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "export/header_types.hpp"
#include "export/host_types.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"
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

// Reads the types and writes the text that `make` returns for them.
template <class Make>
void write_host_types(host_arguments& given, Make make) {
  given.source.take_files();
  std::vector<std::string> warnings;
  const auto input = read_bindings_source(given.source.source, given.types, warnings);
  host_types_request request;
  request.types = given.types;
  request.origin = given.source.origin;
  if (request.origin.btf_sha256.empty() || !given.source.source.more_btf.empty())
    request.origin.btf_sha256 = sha256_hex(input.graph->bytes());
  request.source = input.path.string();
  if (given.is_object)
    request.missing_type_remedy = how_objects_get_types;
  const auto text = make(*input.graph, request);
  print_warnings(warnings, given.source.origin);
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
  auto command = given.bindgen;
  command.push_back(given.header.string());
  const auto result = run_process(command);
  print_error("{}", result.errors);
  if (result.exit_status != 0)
    throw failure(fmt::format("'{}' cannot make Rust of '{}' (exit status {})", command.front(),
                              given.header.string(), result.exit_status),
                  "The lines above are bindgen's own.");
  const std::vector<std::filesystem::path> inputs{given.header, command.front()};
  given.output.write(result.output, inputs);
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
