#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/failure.hpp"
#include "support/process.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view builtins = "compiler-rt";
constexpr std::string_view compiler_start_files = "compiler-rt-crt";

// Sources for other systems, those of types that no loader uses, and those that have rules of their
// own.
constexpr std::string_view left_out[] = {"apple_versioning",
                                         "os_version_check",
                                         "gcc_personality_v0",
                                         "emutls",
                                         "eprintf",
                                         "enable_execute_stack",
                                         "extendbfsf2",
                                         "truncdfbf2",
                                         "truncsfbf2",
                                         "truncxfbf2",
                                         "trunctfbf2",
                                         "extendhfxf2",
                                         "truncxfhf2",
                                         "crtbegin",
                                         "crtend",
                                         "lse"};

// What clang calls for atomic operations on arm64: one source is compiled for each of them.
std::vector<compile_job> atomic_jobs(const recipe_place& place, const fs::path& directory,
                                     const std::vector<std::string>& command) {
  const auto source = directory / "aarch64/lse.S";
  std::vector<compile_job> work;
  if (place.target.name != "aarch64" || !fs::exists(source))
    return work;
  constexpr int models = 4;
  constexpr int largest = 16;  // bytes, of compare-and-swap only
  for (const std::string operation : {"cas", "swp", "ldadd", "ldclr", "ldeor", "ldset"}) {
    for (int size = 1; size <= (operation == "cas" ? largest : largest / 2); size *= 2) {
      for (int model = 1; model <= models; ++model) {
        auto flags = command;
        flags.insert(flags.end(),
                     {"-DHAS_ASM_LSE=1", "-DL_" + operation, fmt::format("-DSIZE={}", size),
                      fmt::format("-DMODEL={}", model)});
        work.push_back({flags, source,
                        place.work / builtins /
                            fmt::format("outline_atomic_{}{}_{}.o", operation, size, model)});
      }
    }
  }
  return work;
}

// The path that clang links: it depends on the version and on the names of the CPU.
fs::path builtins_library(const recipe_place& place) {
  auto command = place.compile_command("/");
  command.insert(command.end(), {"-rtlib=compiler-rt", "-print-libgcc-file-name"});
  const auto result = run_process(command);
  const auto path = result.output.substr(0, result.output.find('\n'));
  if (result.exit_status != 0 || !path.starts_with(place.resource().string() + "/"))
    throw failure(fmt::format("'{}' does not say where its runtime for {} is: {}{}",
                              place.compiler.program, place.target.triple, path, result.errors),
                  "Name another clang: --clang CLANG.");
  return path;
}

// libclang_rt.builtins-mips.a: clang_rt.crtbegin-mips.o
fs::path start_file(const fs::path& library, std::string_view name) {
  constexpr std::string_view begin = "libclang_rt.builtins";
  const auto rest = library.stem().string().substr(begin.size());
  return library.parent_path() / fmt::format("clang_rt.{}{}.o", name, rest);
}

std::string_view directory_of_cpu(const target_row& target) {
  if (target.name == "armv7")
    return "arm";
  if (target.name == "mips" || target.name == "mipsel")
    return "mips";
  return target.name == "riscv64" ? "riscv" : target.name;
}

}  // namespace

void link_own_headers(const recipe_place& place) {
  std::error_code error;
  fs::create_directories(place.resource(), error);
  if (!error)
    fs::create_directory_symlink(place.compiler.own_headers, place.resource() / "include", error);
  if (error)
    throw failure(fmt::format("cannot make the link '{}': {}",
                              (place.resource() / "include").string(), error.message()));
}

void install_compiler_rt_package(const recipe_place& place, const fs::path& unpacked) {
  const auto library = builtins_library(place);
  // Since LLVM 16, clang looks for libclang_rt.builtins.a in a directory of the target, while
  // Debian's package keeps the CPU in the name. The package of a CPU may have the runtimes of its
  // relatives, too: i386 beside x86_64.
  const auto cpu = place.target.triple.substr(0, place.target.triple.find('-'));
  const auto name_with_cpu = fmt::format("libclang_rt.builtins-{}.a", cpu);
  fs::path found;
  for (const auto& entry : fs::recursive_directory_iterator(unpacked)) {
    const auto name = entry.path().filename();
    if (entry.is_regular_file() && (name == library.filename() || name == name_with_cpu))
      found = entry.path();
  }
  if (found.empty())
    throw failure(fmt::format("'{}' has no {}", unpacked.string(), library.filename().string()),
                  "Give the sources: --source llvm=PATH --source compiler-rt=PATH.");
  install_file(found, library);
  for (const std::string_view name : {"crtbegin", "crtend"})
    install_file(start_file(found, name), start_file(library, name));
}

std::vector<compile_job> prepare_compiler_rt(const recipe_place& place, const fs::path& root) {
  const auto directory = root / "lib/builtins";
  const auto own = files_with_ending(directory / directory_of_cpu(place.target), {".c", ".S"});
  std::set<std::string> replaced;
  for (const auto name : left_out)
    replaced.emplace(name);
  std::vector<fs::path> sources;
  for (const auto& source : own) {
    // SME is an extension of servers' CPUs, which needs newer assemblers.
    const auto is_sme = source.filename().string().starts_with("sme");
    if (!is_sme && replaced.insert(source.stem().string()).second)
      sources.push_back(source);
  }
  const bool is_x86 = place.target.name == "x86_64";
  for (const auto& source : files_with_ending(directory, {".c"})) {
    const auto name = source.stem().string();
    // Only x86 has floating-point numbers of 80 bits.
    const bool is_extended =
        name.find("xf") != std::string::npos || name.find("xc3") != std::string::npos;
    // Only these CPUs have a model, and since LLVM 18 each has a file of its own.
    const bool is_model = name == "cpu_model" && !is_x86 && place.target.name != "aarch64";
    if (!replaced.contains(name) && !is_model && (is_x86 || !is_extended))
      sources.push_back(source);
  }
  auto command = place.compile_command(root);
  command.insert(command.end(),
                 {"-std=c11", "-fno-builtin", "-fvisibility=hidden", "-fomit-frame-pointer",
                  "-fPIC", "-DVISIBILITY_HIDDEN", "-I" + directory.string()});
  auto work = jobs_for(place, std::string(builtins), directory, sources, command);
  const auto atomics = atomic_jobs(place, directory, command);
  work.insert(work.end(), atomics.begin(), atomics.end());

  const auto crt = find_root(root, "lib/crt/crtbegin.c").empty() ? directory : root / "lib/crt";
  command.insert(command.end(), {"-DCRT_HAS_INITFINI_ARRAY", "-DEH_USE_FRAME_REGISTRY=0"});
  for (const std::string name : {"crtbegin", "crtend"})
    work.push_back(
        {command, crt / (name + ".c"), place.work / compiler_start_files / (name + ".o")});
  return work;
}

void finish_compiler_rt(const recipe_place& place, const std::vector<compile_job>& work) {
  const auto library = builtins_library(place);
  std::vector<fs::path> objects;
  for (const auto& object : objects_of(work)) {
    if (object.parent_path().filename() == compiler_start_files)
      install_file(object, start_file(library, object.stem().string()));
    else if (object.parent_path().filename() == builtins)
      objects.push_back(object);
  }
  make_library(library, place.compiler.archiver, objects);
}

}  // namespace ebpfkit::host
