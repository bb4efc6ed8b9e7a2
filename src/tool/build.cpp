// `ebpfkit build`: makes a BPF object and its skeletons in one call, for projects without CMake.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "object/bpf_object_file.hpp"
#include "object/link.hpp"
#include "skeleton/skeleton.hpp"
#include "sources/identifiers.hpp"
#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/compile_by_hand.hpp"
#include "tool/skeleton_options.hpp"

namespace ebpfkit::host::tool {
namespace {

namespace fs = std::filesystem;

struct program_build_arguments {
  std::vector<fs::path> sources;
  fs::path source_root;
  fs::path output_directory = ".";
  std::string skeleton = "both";
  std::string cxx_namespace = "ebpf";
  std::string bpftool;
  bool with_uapi_macros = true;
  bool no_kernel_btf = false;
  std::vector<std::string> shared_headers;
  fs::path depfile;
  hand_options compile;
  skeleton_request request;
};

fs::path absolute_path(const fs::path& path) {
  return path.empty() ? path : fs::absolute(path).lexically_normal();
}

// The compiler runs in the root of the sources. Every relative name starts at the directory in
// which the user called the tool.
void enter_source_root(program_build_arguments& given) {
  for (auto& source : given.sources)
    source = absolute_path(source);
  auto& compile = given.compile;
  for (auto* path : {&compile.libbpf_include, &compile.modules, &compile.btf_cache, &given.depfile,
                     &given.output_directory})
    *path = absolute_path(*path);
  for (auto& directory : compile.include_directories)
    directory = absolute_path(directory).string();
  for (auto* btf : {&compile.btf, &compile.btf_base}) {
    std::error_code error;
    if (fs::exists(*btf, error))
      *btf = absolute_path(*btf);
  }
  for (auto* program : {&compile.clang, &given.bpftool}) {
    if (program->find('/') != std::string::npos)
      *program = absolute_path(*program).string();
  }
  for (auto& header : given.request.shared_headers)
    header.path = absolute_path(header.path);
  if (given.source_root.empty())
    return;
  std::error_code error;
  fs::current_path(given.source_root, error);
  if (error)
    throw failure(fmt::format("build: cannot enter the directory '{}': {}",
                              given.source_root.string(), error.message()),
                  "Name the project's directory: --source-root DIR");
}

// The name of the first source as a C identifier, without its ending.
std::string name_of_source(const fs::path& source) {
  auto name = source.filename().string();
  for (const std::string_view ending : {".c", ".bpf"}) {
    if (name.ends_with(ending) && name.size() > ending.size())
      name.resize(name.size() - ending.size());
  }
  for (auto& c : name) {
    if (!is_c_identifier(std::string("_") + c))
      c = '_';
  }
  if (!is_c_identifier(name))
    name.insert(0, "_");
  return name;
}

// The files behind all rules of a depfile of compile_source(). Those below `made` are left out: the
// tool makes them. Links lead to where they point, because libbpf's headers stand behind one.
void add_depfile_inputs(const fs::path& depfile, const fs::path& made, std::set<fs::path>& inputs) {
  const auto bytes = read_file(depfile);
  auto rest = as_text(bytes);
  while (!rest.empty()) {
    auto end = rest.find('\n');
    while (end != std::string_view::npos && end != 0 && rest[end - 1] == '\\')
      end = rest.find('\n', end + 1);
    const auto rule = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    for (const auto& input : depfile_inputs(rule)) {
      std::error_code error;
      const auto file = fs::weakly_canonical(input, error);
      const auto from_made = error ? fs::path("..") : file.lexically_relative(made);
      // The kernel makes the files of sysfs anew, with a new time, whenever it likes.
      const bool is_of_kernel = file.string().starts_with("/sys/");
      if (!error && !is_of_kernel && !from_made.empty() && *from_made.begin() == "..")
        inputs.insert(file);
    }
  }
}

// Compiles the sources one after the other. Returns the objects, and adds what they were made of to
// `inputs`.
std::vector<fs::path> compile_all(const program_build_arguments& given,
                                  const hand_compiler& compiler, const fs::path& made,
                                  std::set<fs::path>& inputs) {
  std::vector<fs::path> objects;
  for (const auto& source : given.sources) {
    auto request = compiler.request_for(source, given.request.name);
    request.with_uapi_macros = given.with_uapi_macros;
    if (std::ranges::find(objects, request.output) != objects.end())
      throw failure(
          fmt::format("build: two sources have the file name '{}'", source.filename().string()),
          "Give one of them another name: both objects stand in one directory.");
    fs::create_directories(request.output.parent_path());
    write_to_terminal(stderr, compile_source(request), colours::kept);
    objects.push_back(request.output);
    add_depfile_inputs(request.depfile, made, inputs);
  }
  return objects;
}

struct built_files {
  std::vector<fs::path> files;  // names in the output directory
  fs::path directory;
  std::vector<fs::path> inputs;

  void write(const std::string& name, std::string_view text) {
    write_output(directory / name, text, unchanged::touch);
    date_output(directory / name, inputs);
    files.emplace_back(name);
  }
};

void write_skeletons(const program_build_arguments& given, const bpf_object_file& object,
                     const std::string& bpftool, built_files& built) {
  if (given.skeleton == "none")
    return;
  const auto& request = given.request;
  if (given.skeleton != "cxx") {
    const auto name = request.c_header_name();
    built.write(name, make_c_skeleton(object, request, bpftool, built.directory / name));
  }
  if (given.skeleton != "c")
    built.write(request.name + ".skel.hpp",
                make_cxx_skeleton(object, request, given.cxx_namespace));
  built.write(request.name + ".object.c", make_object_source(object, request));
}

void run_program_build(program_build_arguments given) {
  // As the user spells it: make compares names.
  const auto shown_directory = given.output_directory.lexically_normal();
  for (const auto& text : given.shared_headers)
    given.request.shared_headers.push_back(parse_shared_header(text));
  if (given.request.name.empty())
    given.request.name = name_of_source(given.sources.front());
  check_program_name(given.request.name);
  if (!given.request.c_name.empty())
    check_skeleton_name(given.request.c_name);
  enter_source_root(given);
  for (const auto& source : given.sources)
    require_source(source);
  const auto bpftool = find_bpftool(given.bpftool);

  fs::create_directories(given.output_directory);
  const auto made = fs::canonical(given.output_directory) / (given.request.name + ".build");
  const hand_compiler compiler(given.compile, made);
  std::set<fs::path> inputs{compiler.clang().path, bpftool, fs::read_symlink("/proc/self/exe")};

  link_request link;
  link.inputs = compile_all(given, compiler, made, inputs);
  link.output = given.output_directory / (given.request.name + ".bpf.o");
  link.bpftool = bpftool.string();
  link.order = compiler.cpu().byte_order;
  link.no_kernel_btf = given.no_kernel_btf;
  if (!compiler.options().btf.empty())
    link.kernel_btf = {compiler.options().btf};
  link.base_btf = compiler.options().btf_base;
  link.btf_cache = given.compile.btf_cache;
  link.when_unchanged = unchanged::touch;
  link_object(link);

  for (const auto& header : given.request.shared_headers)
    inputs.insert(header.path);
  built_files built{{link.output.filename()}, given.output_directory, {}};
  built.inputs.assign(inputs.begin(), inputs.end());
  date_output(link.output, built.inputs);
  write_skeletons(given, bpf_object_file(link.output), link.bpftool, built);
  if (given.depfile.empty())
    return;
  std::vector<fs::path> outputs;
  for (const auto& file : built.files)
    outputs.push_back(shown_directory == "." ? file : shown_directory / file);
  write_output(given.depfile, make_depfile_by_hand(outputs, built.inputs), unchanged::touch);
}

void add_build_options(CLI::App& command, program_build_arguments& given) {
  command.add_option("source", given.sources, "BPF C source")->required();
  command.add_option("--output-dir", given.output_directory, "Directory of what is made")
      ->capture_default_str();
  command.add_option("--name", given.request.name,
                     "C identifier that names the object and the skeletons (default: the name of "
                     "the first source)");
  command
      .add_option("--skeleton", given.skeleton,
                  "c: NAME.skel.h; cxx: NAME.skel.hpp; both; none. With skeletons comes "
                  "NAME.object.c, which the application compiles and links")
      ->check(CLI::IsMember({"c", "cxx", "both", "none"}))
      ->capture_default_str();
  command.add_option("--depfile", given.depfile,
                     "Depfile to write for make, Ninja and Meson: it names all inputs");
  command.add_option("--source-root", given.source_root,
                     "The project's directory, which no path in the object shows (default: the "
                     "current directory)");
  command.add_option("--btf", given.compile.btf,
                     "File that the kernel types come from, or a name in the BTF cache (default: "
                     "the running kernel's BTF, in a build for this CPU)");
  add_btf_place_options(command, given.compile.btf_base, given.compile.btf_cache);
  command
      .add_option("--kernel-type", given.compile.types,
                  "One more type for the automatic vmlinux.h. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("!--no-uapi-macros", given.with_uapi_macros,
                   "Define no macros of the installed kernel headers");
  command.add_flag("--no-kernel-btf", given.no_kernel_btf,
                   "Refuse programs that need the running kernel's own BTF");
  add_compile_options(command, given.compile);
  command.add_option("--bpftool", given.bpftool, "bpftool that links (default: the one on PATH)");
  command.add_option("--namespace", given.cxx_namespace, "Namespace of the C++ skeleton")
      ->capture_default_str();
  add_skeleton_name_options(command, given.request);
  add_skeleton_type_options(command, given.request, given.shared_headers);
}

}  // namespace

void add_build_command(CLI::App& app) {
  auto* command = app.add_subcommand("build", "Make a BPF object and its skeletons of C sources");
  auto given = std::make_shared<program_build_arguments>();
  add_build_options(*command, *given);
  command->callback([given] {
    try {
      run_program_build(*given);
    } catch (const compile_failure& error) {
      // Print the compiler's messages unchanged, as if the user had run it directly.
      write_to_terminal(stderr, error.what(), colours::kept);
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace ebpfkit::host::tool
