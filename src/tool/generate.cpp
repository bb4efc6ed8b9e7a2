// `ebpfkit generate`: prints kernel types, for people. `bindings` and `export` do the same for the
// build.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "export/header_types.hpp"
#include "export/host_types.hpp"
#include "export/rust_types.hpp"
#include "sources/automatic_header.hpp"
#include "sources/identifiers.hpp"
#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/bindings_options.hpp"
#include "tool/compile_by_hand.hpp"

namespace ebpfkit::host::tool {
namespace {

namespace fs = std::filesystem;

struct generate_arguments {
  std::vector<std::string> types;
  bool is_whole = false;
  fs::path from;
  std::vector<std::string> headers;
  std::vector<fs::path> btf;
  fs::path btf_base;
  fs::path btf_cache;
  std::string language = "c";
  std::string cxx_namespace = "kernel";
  std::string bindgen;
  hand_options compile;
  fs::path output;
  fs::path depfile;
};

// Text of types, and the files that it was made of.
struct generated_text {
  std::string text;
  std::vector<fs::path> inputs;
};

void check_generate_request(const generate_arguments& given) {
  if (given.types.empty() && !given.is_whole && given.from.empty())
    throw failure("generate: no type is named",
                  "Name types: ebpfkit generate task_struct sk_buff.len\n"
                  "  Or write --from program.bpf.c for what a source uses, or --whole for all.");
  const auto name_types = fmt::format("Name the types: ebpfkit generate {}TYPE...",
                                      given.headers.empty() ? "" : "--header HEADER ");
  const auto refuse = [&](const std::string& first, const std::string& second) {
    throw failure(fmt::format("generate: {} does not go with {}", first, second), name_types);
  };
  const bool is_c = given.language == "c";
  for (const auto& [is_given, name] :
       {std::pair(given.is_whole, "--whole"), std::pair(!given.from.empty(), "--from")}) {
    if (is_given && !is_c)
      refuse(name, "--language " + given.language);
    if (is_given && !given.headers.empty())
      refuse(name, "--header");
  }
  if (!given.headers.empty() && !given.btf.empty())
    refuse("--btf", "--header");
  if (given.btf.size() > 1 && !given.from.empty())
    refuse("a second --btf", "--from");
  const auto member = std::ranges::find_if(
      given.types, [](const std::string& type) { return type.find('.') != std::string::npos; });
  if (member != given.types.end() && (!is_c || !given.headers.empty()))
    throw failure(
        fmt::format("generate: '{}' is a member, and {} gives whole types only", printable(*member),
                    is_c ? "--header" : "--language " + given.language),
        "Name the type alone: " + printable(member->substr(0, member->find('.'))));
}

// The BTF that the user names, or that of the running kernel.
source_options btf_source(const generate_arguments& given) {
  source_options source;
  source.files = given.btf;
  source.btf_cache = given.btf_cache;
  source.source.base_btf = given.btf_base;
  std::error_code error;
  if (source.files.empty() && !fs::exists(running_kernel_btf, error))
    throw failure(
        fmt::format("generate: the running kernel has no BTF ('{}' is missing)",
                    running_kernel_btf),
        "Name a kernel's BTF: --btf FILE (a vmlinux will do, or a name in the BTF cache), or take "
        "types from C headers: --header linux/sched.h");
  if (source.files.empty())
    source.files.emplace_back(running_kernel_btf);
  if (given.btf_base.empty())
    source.source.base_btf = default_base_of(source.files.front());
  source.origin = origin_of(source.files.front(), source.source.base_btf);
  for (std::size_t i = 1; i < source.files.size(); ++i)
    source.origin.source_label += ", " + origin_of(source.files[i], {}).source_label;
  return source;
}

// What stands in #include <...>. A name that begins with `/`, `./` or `../` is a file.
std::string included_name(const std::string& header) {
  const bool is_file =
      header.starts_with('/') || header.starts_with("./") || header.starts_with("../");
  return is_file ? fs::absolute(header).lexically_normal().string() : header;
}

// Types of C headers, in an object that is written below `directory`.
source_options header_source(const generate_arguments& given, const fs::path& directory) {
  const auto cpu = cpu_by_hand(given.compile.cpu);
  const auto triple = cpu.name + "-linux-gnu";
  header_types_request request;
  for (const auto& header : given.headers)
    request.headers.push_back(included_name(header));
  request.types = given.types;
  request.output = directory / "headers.bpf.o";
  request.depfile = directory / "headers.bpf.o.d";
  std::vector<fs::path> directories;
  request.compiler = {find_bpf_clang(given.compile.clang).path.string(), "--target=" + triple,
                      "-nostdlibinc"};
  for (const auto& own : given.compile.include_directories) {
    directories.push_back(fs::absolute(own));
    request.compiler.push_back("-I" + directories.back().string());
  }
  for (const auto& system : system_directories_by_hand(cpu)) {
    directories.push_back(system);
    request.compiler.push_back("-idirafter" + system.string());
  }
  for (const auto& definition : given.compile.definitions)
    request.compiler.push_back("-D" + definition);
  const auto& more = given.compile.compiler_options;
  request.compiler.insert(request.compiler.end(), more.begin(), more.end());
  compile_header_types(request);

  source_options source;
  source.files = {request.output};
  source.origin.source_label = "C headers";
  const auto release = headers_release(directories);
  source.origin.fixed_layout = fmt::format("{}{}{} for {}", fmt::join(given.headers, ", "),
                                           release.empty() ? "" : " of Linux ", release, triple);
  return source;
}

std::string text_in_language(const generate_arguments& given, const source_options& source,
                             const fs::path& directory) {
  if (given.language == "c")
    return bindings_text(source, {given.is_whole, given.types, {}});
  if (given.language == "cxx")
    return host_types_text(source, given.types, false, [&](const auto& types, const auto& request) {
      return make_cxx_types(types, request, given.cxx_namespace);
    });
  const auto bindgen = find_bindgen(given.bindgen);
  const auto header = directory / "types.h";
  write_output(header, host_types_text(source, given.types, false, make_c_types), unchanged::keep);
  std::string warnings;
  auto text = make_rust_types(header, bindgen, warnings);
  print_error("{}", warnings);
  return text;
}

generated_text text_of_types(const generate_arguments& given, const fs::path& directory) {
  auto source = given.headers.empty() ? btf_source(given) : header_source(given, directory);
  source.take_files();
  generated_text made{text_in_language(given, source, directory), {}};
  if (!given.headers.empty()) {
    const auto depfile = read_file(directory / "headers.bpf.o.d");
    made.inputs = depfile_inputs(as_text(depfile));
    // The source that includes the headers is the tool's own, and gone soon.
    std::erase(made.inputs, directory / "headers.bpf.o.c");
  } else {
    made.inputs = source.inputs();
  }
  return made;
}

generated_text text_of_source(const generate_arguments& given, const fs::path& directory) {
  auto options = given.compile;
  options.types = given.types;
  options.btf = given.btf.empty() ? fs::path() : given.btf.front();
  options.btf_base = given.btf_base;
  options.btf_cache = given.btf_cache;
  const hand_compiler compiler(std::move(options), directory);
  const auto request = compiler.request_for(given.from, "generate");
  fs::create_directories(request.header.parent_path());
  fs::path spellings;
  std::string warnings;
  generated_text made;
  try {
    made.inputs = make_automatic_header(request, spellings, warnings);
  } catch (const compile_failure& error) {
    write_to_terminal(stderr, error.what(), colours::kept);
    throw failure(fmt::format("generate: clang cannot preprocess '{}'", given.from.string()),
                  "The lines above are clang's own. Give its headers and macros: -I DIR, -D NAME");
  }
  if (made.inputs.empty())
    throw failure(
        fmt::format("generate: '{}' includes no vmlinux.h that is missing", given.from.string()),
        "Write #include \"vmlinux.h\" in the source, and remove a vmlinux.h of another origin.");
  print_error("{}", warnings);
  const auto header = read_file(request.header);
  made.text = as_text(header);
  made.inputs.push_back(request.source);
  return made;
}

generated_text make_text(const generate_arguments& given) {
  // The directory is gone when the text is printed, which ends the process when nobody reads it.
  const temporary_file inside(fs::temp_directory_path() / "ebpfkit-generate", "work");
  fs::create_directories(inside.path());
  return given.from.empty() ? text_of_types(given, inside.path())
                            : text_of_source(given, inside.path());
}

void run_generate(const generate_arguments& given) {
  check_generate_request(given);
  const auto made = make_text(given);
  if (given.output.empty()) {
    print_output("{}", made.text);
    return;
  }
  if (!given.depfile.empty())
    write_output(given.depfile, make_depfile_by_hand({&given.output, 1}, made.inputs),
                 unchanged::touch);
  write_output(given.output, made.text, unchanged::touch);
  date_output(given.output, made.inputs);
}

}  // namespace

void add_generate_command(CLI::App& app) {
  auto* command = app.add_subcommand("generate", "Print kernel types as C, C++ or Rust");
  auto given = std::make_shared<generate_arguments>();
  command->add_option("type", given->types,
                      "Type or TYPE.MEMBER to write, with what it needs: task_struct, sk_buff.len");
  auto* whole = command->add_flag("--whole", given->is_whole, "Write all types");
  auto* from = command
                   ->add_option("--from", given->from,
                                "BPF source: write what it uses, and the macros of kernel headers")
                   ->excludes(whole);
  command
      ->add_option(
          "--header", given->headers,
          "C header to take types from when there is no BTF: linux/sched.h, ./own.h. Their "
          "offsets hold for one kernel only. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--btf", given->btf,
                   "File with BTF, or a name in the BTF cache (default: the running kernel's). May "
                   "be repeated for types on which several kernels agree")
      ->take_all()
      ->allow_extra_args(false);
  add_btf_place_options(*command, given->btf_base, given->btf_cache);
  command->add_option("--language", given->language, "c, cxx or rust")
      ->check(CLI::IsMember({"c", "cxx", "rust"}))
      ->capture_default_str();
  command->add_option("--namespace", given->cxx_namespace, "C++ namespace of the types")
      ->capture_default_str();
  command->add_option("--bindgen", given->bindgen,
                      "bindgen that makes Rust (default: the one on PATH)");
  add_compile_options(*command, given->compile);
  auto* output =
      command->add_option("--output", given->output, "File to write (default: standard output)");
  command
      ->add_option("--depfile", given->depfile,
                   "Depfile to write. It names the files that the types come from")
      ->needs(output)
      ->excludes(from);
  command->callback([given] { run_generate(*given); });
}

}  // namespace ebpfkit::host::tool
