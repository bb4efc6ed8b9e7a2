// `ebpfkit skeleton c|cxx|source`: writes the files that put a BPF object into an application.
#include "skeleton/skeleton.hpp"

#include <fmt/format.h>

#include <memory>

#include "support/failure.hpp"
#include "tool/command.hpp"
#include "tool/skeleton_options.hpp"

namespace ebpfkit::host::tool {
namespace {

struct arguments {
  std::filesystem::path object;
  std::string bpftool = "bpftool";
  std::string cxx_namespace = "ebpf";
  std::vector<std::string> shared_headers;
  skeleton_request request;
  output_options output;
};

std::shared_ptr<arguments> add_common_options(CLI::App& command) {
  auto given = std::make_shared<arguments>();
  command.add_option("--object", given->object, "Linked BPF object")->required();
  command.add_option("--name", given->request.name, "C identifier that names the program")
      ->required();
  add_skeleton_name_options(command, given->request);
  add_output_options(command, given->output);
  return given;
}

// Calls `make` with the object and writes the text that it returns.
template <class Make>
void generate(CLI::App& command, const std::shared_ptr<arguments>& given, Make make) {
  command.callback([given, make] {
    for (const auto& text : given->shared_headers)
      given->request.shared_headers.push_back(parse_shared_header(text));
    const bpf_object_file object(given->object);
    std::vector<std::filesystem::path> inputs{given->object, given->bpftool};
    for (const auto& header : given->request.shared_headers)
      inputs.emplace_back(header.path);
    given->output.write(make(object, *given), inputs);
  });
}

}  // namespace

shared_header parse_shared_header(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw failure(fmt::format("--shared-header '{}' is not of the form NAME=PATH", text),
                  "Write what the #include says, '=', and where the file is.");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_skeleton_name_options(CLI::App& command, skeleton_request& request) {
  command.add_option("--c-name", request.c_name,
                     "C identifier that names the C skeleton and, for libbpf, the object (default: "
                     "--name with _bpf behind it, as bpftool names an object NAME.bpf.o)");
  command.add_option("--symbol", request.symbol,
                     "C identifier that begins the symbols of the bytes (default: --name)");
}

void add_skeleton_type_options(CLI::App& command, skeleton_request& request,
                               std::vector<std::string>& shared_headers) {
  command.add_option("--type", request.types, "One more type to define. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--shared-header", shared_headers,
                  "NAME=PATH of a header of the application whose types are used. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
}

void add_skeleton_command(CLI::App& app) {
  auto* skeleton = app.add_subcommand("skeleton", "Put a BPF object into an application");
  skeleton->require_subcommand(1);

  auto* c = skeleton->add_subcommand("c", "Write a C header, as `bpftool gen skeleton` does");
  auto c_arguments = add_common_options(*c);
  add_skeleton_type_options(*c, c_arguments->request, c_arguments->shared_headers);
  c->add_option("--bpftool", c_arguments->bpftool, "Path of the bpftool that makes the header");
  generate(*c, c_arguments, [](const bpf_object_file& object, const arguments& given) {
    return make_c_skeleton(object, given.request, given.bpftool, given.output.path);
  });

  auto* cxx =
      skeleton->add_subcommand("cxx", "Write a C++ header with a class that owns the object");
  auto cxx_arguments = add_common_options(*cxx);
  add_skeleton_type_options(*cxx, cxx_arguments->request, cxx_arguments->shared_headers);
  cxx->add_option("--namespace", cxx_arguments->cxx_namespace, "Namespace of the class");
  generate(*cxx, cxx_arguments, [](const bpf_object_file& object, const arguments& given) {
    return make_cxx_skeleton(object, given.request, given.cxx_namespace);
  });

  auto* source =
      skeleton->add_subcommand("source", "Write a C source that has the bytes of the object");
  generate(*source, add_common_options(*source),
           [](const bpf_object_file& object, const arguments& given) {
             return make_object_source(object, given.request);
           });
}

}  // namespace ebpfkit::host::tool
