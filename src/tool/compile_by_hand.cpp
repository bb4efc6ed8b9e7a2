#include "tool/compile_by_hand.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "input/btf_input.hpp"
#include "sources/compile_flags.hpp"
#include "support/failure.hpp"
#include "support/package_files.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {
namespace {

namespace fs = std::filesystem;

std::string machine_name() {
  utsname names{};
  ::uname(&names);
  return names.machine;
}

// EbpfKit's directory modules/: the headers that each BPF compile sees.
fs::path modules_directory(const fs::path& given) {
  const auto directory = given.empty() ? package_root() / "modules" : fs::absolute(given);
  std::error_code error;
  if (!fs::exists(directory / "detail" / "marker" / "vmlinux.h", error))
    throw failure(fmt::format("'{}' does not have the headers of EbpfKit for BPF programs",
                              directory.string()),
                  "Install EbpfKit, or name its directory: --modules <EbpfKit's sources>/modules");
  return fs::canonical(directory);
}

// Makes the directory that has libbpf's bpf/*.h and nothing else. libbpf's own directory is often
// /usr/include, and its other headers would come along.
void link_libbpf_headers(const fs::path& directory, const fs::path& libbpf) {
  fs::create_directories(directory);
  const auto link = directory / "bpf";
  std::error_code error;
  if (fs::read_symlink(link, error) == libbpf / "bpf" && !error)
    return;
  fs::remove(link, error);
  fs::create_directory_symlink(libbpf / "bpf", link);
}

// clang does not see the terminal, because the tool reads its messages first. NO_COLOR:
// https://no-color.org
bool wants_colours() {
  const char* terminal = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDERR_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::vector<std::string> own_flags(const hand_options& options) {
  auto flags = options.compiler_options;
  for (const auto& definition : options.definitions)
    flags.push_back("-D" + definition);
  for (const auto& directory : options.include_directories)
    flags.push_back("-I" + fs::absolute(directory).lexically_normal().string());
  return flags;
}

}  // namespace

void add_btf_place_options(CLI::App& command, fs::path& base, fs::path& cache) {
  command.add_option("--btf-base", base,
                     "The kernel's BTF, for BTF of its module (default for modules of the running "
                     "kernel: its BTF)");
  command.add_option("--btf-cache", cache,
                     "Directory of the BTF cache (default: ~/.cache/ebpfkit/btf)");
}

void add_compile_options(CLI::App& command, hand_options& options) {
  const auto add_list = [&](const char* name, std::vector<std::string>& values, const char* text) {
    command.add_option(name, values, text)->take_all()->allow_extra_args(false);
  };
  add_list("-I", options.include_directories, "Directory of headers for the BPF source");
  add_list("-D", options.definitions, "NAME or NAME=VALUE: macro for the BPF source");
  add_list("--option", options.compiler_options,
           "One more option for clang: --option=-Wno-unused-function");
  command.add_option("--cpu,--arch", options.cpu,
                     "CPU that the program runs on: x86_64, aarch64, mipsel (default: this "
                     "machine's)");
  command
      .add_option("--mcpu", options.mcpu,
                  "BPF instruction set: v1, v2, v3 or v4 (default: v3, or v2 on 32-bit CPUs)")
      ->check(CLI::IsMember({"v1", "v2", "v3", "v4"}));
  command.add_option("--clang", options.clang, "clang to compile with (default: the one on PATH)");
  command.add_option("--libbpf-include", options.libbpf_include,
                     "Directory above libbpf's bpf/*.h (default: where the system has it)");
  command.add_option("--modules", options.modules,
                     "EbpfKit's directory modules (default: that of the installed package)");
}

fs::path default_base_of(const fs::path& btf) {
  return btf.string().starts_with("/sys/kernel/btf/") && btf != running_kernel_btf
             ? running_kernel_btf
             : fs::path();
}

header_origin origin_of(const fs::path& btf, const fs::path& base) {
  header_origin origin;
  const auto label = [](const fs::path& word) {
    std::error_code error;
    if (word == running_kernel_btf)
      return std::string("running kernel");
    return fs::exists(word, error) ? word.filename().string() : word.string();
  };
  origin.source_label = label(btf);
  if (!base.empty())
    origin.source_label += ", on the base " + label(base);
  if (btf == running_kernel_btf || base == running_kernel_btf)
    origin.kernel_release = running_release();
  return origin;
}

target_cpu cpu_by_hand(const std::string& name) {
  const auto cpu = target_cpu_of_name(name.empty() ? machine_name() : name);
  if (!cpu)
    throw failure(fmt::format("'{}' is no CPU that EbpfKit knows",
                              printable(name.empty() ? machine_name() : name)),
                  "Name the CPU: --cpu with one of " + known_architectures());
  return *cpu;
}

std::vector<fs::path> system_directories_by_hand(const target_cpu& cpu) {
  const auto native = cpu_by_hand({});
  std::vector<std::string> names = architecture_aliases(cpu.name);
  return system_include_directories({names.begin(), names.end()}, cpu.name == native.name);
}

void require_source(const fs::path& source) {
  std::error_code error;
  if (!fs::is_regular_file(source, error))
    throw failure(fmt::format("'{}': there is no such BPF source", source.string()),
                  "Check the spelling. The name starts at the current directory.");
}

hand_compiler::hand_compiler(hand_options options, fs::path directory)
    : options_(std::move(options)),
      cpu_(cpu_by_hand(options_.cpu)),
      clang_(find_bpf_clang(options_.clang)),
      directory_(std::move(directory)),
      modules_(modules_directory(options_.modules)) {
  constexpr int first_clang_with_v4 = 17;
  if (options_.mcpu == "v4" && clang_.major < first_clang_with_v4)
    throw failure(fmt::format("--mcpu v4 needs clang {}, '{}' is {}", first_clang_with_v4,
                              clang_.path.string(), clang_.major),
                  "Use --mcpu v3, or name another clang: --clang FILE");
  std::error_code error;
  if (options_.btf.empty() && cpu_.name == cpu_by_hand({}).name &&
      fs::exists(running_kernel_btf, error))
    options_.btf = running_kernel_btf;
  if (options_.btf_base.empty())
    options_.btf_base = default_base_of(options_.btf);

  compile_flags_request request;
  request.architecture = cpu_.architecture;
  request.byte_order = cpu_.byte_order;
  request.mcpu = options_.mcpu.empty() ? cpu_.mcpu : options_.mcpu;
  request.clang_major = clang_.major;
  request.source_directory = fs::current_path();
  request.build_directory = directory_;
  request.libbpf_headers = directory_ / "ebpfkit" / "libbpf-headers";
  request.system_directories = system_directories_by_hand(cpu_);
  request.modules = modules_;
  request.own_flags = own_flags(options_);
  link_libbpf_headers(request.libbpf_headers,
                      find_libbpf_headers(options_.libbpf_include, request.system_directories));
  command_ = compile_flags(compile_flag_table(), request);
  command_.insert(command_.begin(), clang_.path.string());
  if (wants_colours())
    command_.emplace_back("-fdiagnostics-color=always");
}

compile_request hand_compiler::request_for(const fs::path& source,
                                           const std::string& program) const {
  require_source(source);
  compile_request request;
  request.compiler = command_;
  request.source = fs::absolute(source).lexically_normal();
  request.output = directory_ / "ebpf" / program / request.source.filename().concat(".o");
  request.depfile = fs::path(request.output).concat(".d");
  const auto bindings = fs::path(request.output).concat(".bindings");
  request.header = bindings / "vmlinux.h";
  request.spellings_directory = bindings / "spellings";
  request.marker_directory = modules_ / "detail" / "marker";
  request.btf = options_.btf;
  request.base_btf = options_.btf_base;
  request.btf_cache = options_.btf_cache;
  request.architecture = cpu_.architecture;
  request.byte_order = cpu_.byte_order;
  request.allow_other_architecture = options_.btf != running_kernel_btf;
  request.types = options_.types;
  if (!options_.btf.empty())
    request.origin = origin_of(options_.btf, options_.btf_base);
  return request;
}

}  // namespace ebpfkit::host::tool
