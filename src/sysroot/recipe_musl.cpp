#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/failure.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// musl's linker finds everything in libc.a. These libraries are there for -lm and its like.
constexpr std::string_view empty_library_names[] = {"m",    "rt",   "pthread", "crypt",
                                                    "util", "xnet", "resolv",  "dl"};
constexpr std::string_view empty_archive = "!<arch>\n";

// What musl's tools/mkalltypes.sed does.
std::string expand_types(const std::string& text) {
  static const std::regex simple(R"(^TYPEDEF (.*) ([^ ]*);$)");
  static const std::regex record(R"(^(STRUCT|UNION) * ([^ ]*) (.*);$)");
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, simple)) {
      const auto name = match[2].str();
      result += fmt::format(
          "#if defined(__NEED_{0}) && !defined(__DEFINED_{0})\ntypedef {1} {0};\n#define "
          "__DEFINED_{0}\n"
          "#endif\n\n",
          name, match[1].str());
    } else if (std::regex_match(line, match, record)) {
      const std::string word = match[1].str() == "STRUCT" ? "struct" : "union";
      result += fmt::format(
          "#if defined(__NEED_{0}_{1}) && !defined(__DEFINED_{0}_{1})\n{0} {1} {2};\n"
          "#define __DEFINED_{0}_{1}\n#endif\n\n",
          word, match[2].str(), match[3].str());
    } else {
      result += line + '\n';
    }
  }
  return result;
}

// What musl's Makefile does: each __NR_ number also has a name that begins with SYS_.
std::string add_system_calls(const std::string& text) {
  std::istringstream lines(text);
  std::string added;
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find("__NR_");
    if (begin != std::string::npos)
      added += line.replace(begin, std::string_view("__NR_").size(), "SYS_") + '\n';
  }
  return text + added;
}

void install_headers(const recipe_place& place, const fs::path& root, const fs::path& cpu) {
  const auto is_header = [](std::string_view name) { return name.ends_with(".h"); };
  install_tree(root / "include", place.include(), is_header);
  install_tree(root / "arch/generic/bits", place.include() / "bits", is_header);
  install_tree(cpu / "bits", place.include() / "bits", is_header);
  install_text(place.include() / "bits/alltypes.h",
               expand_types(text_of_source(cpu / "bits/alltypes.h.in") +
                            text_of_source(root / "include/alltypes.h.in")));
  install_text(place.include() / "bits/syscall.h",
               add_system_calls(text_of_source(cpu / "bits/syscall.h.in")));
}

// The sources below src/: those of the directory of a CPU replace those of the same name beside it.
std::vector<fs::path> library_sources(const fs::path& root, std::string_view architecture) {
  std::vector<fs::path> directories;
  for (const auto& entry : fs::directory_iterator(root / "src")) {
    if (entry.is_directory())
      directories.push_back(entry.path());
  }
  // The newer of musl's two allocators.
  directories.push_back(root / "src/malloc/mallocng");
  // The 32-bit CPUs that once had a time_t of 32 bits. On others these functions would call
  // themselves.
  const auto makefile = root / "arch" / architecture / "arch.mak";
  if (fs::exists(makefile) && text_of_source(makefile).find("compat/time32") != std::string::npos)
    directories.push_back(root / "compat/time32");
  std::ranges::sort(directories);
  std::vector<fs::path> sources;
  for (const auto& directory : directories) {
    const auto own = files_with_ending(directory / architecture, {".c", ".s", ".S"});
    std::set<fs::path> replaced;
    for (const auto& source : own)
      replaced.insert(source.stem());
    for (const auto& source : files_with_ending(directory, {".c"})) {
      if (!replaced.contains(source.stem()))
        sources.push_back(source);
    }
    sources.insert(sources.end(), own.begin(), own.end());
  }
  return sources;
}

constexpr std::string_view musl_start_files = "musl-crt";
constexpr std::string_view library_files = "musl";

}  // namespace

void install_musl_package(const recipe_place& place, const fs::path& unpacked) {
  const auto headers = find_root(unpacked / "usr/include", "stdlib.h");
  const auto libraries = find_root(unpacked / "usr/lib", "libc.a");
  if (headers.empty() || libraries.empty())
    throw failure(fmt::format("'{}' has no stdlib.h or no libc.a", unpacked.string()),
                  "Give musl's sources: --source musl=PATH.");
  install_tree(headers, place.include(),
               [](std::string_view name) { return name.ends_with(".h"); });
  install_tree(libraries, place.library(), [](std::string_view name) {
    return name.find('/') == std::string_view::npos &&
           (name.ends_with(".a") || name.ends_with(".o"));
  });
}

std::vector<compile_job> prepare_musl(const recipe_place& place, const fs::path& root) {
  const std::string architecture(musl_architecture(place.target));
  const auto cpu = root / "arch" / architecture;
  if (!fs::exists(cpu / "bits/alltypes.h.in"))
    throw failure(fmt::format("musl in '{}' has no directory arch/{}", root.string(), architecture),
                  "Give complete sources of musl: --source musl=PATH.");
  install_headers(place, root, cpu);

  auto version = text_of_source(root / "VERSION");
  std::erase(version, '\n');
  const auto internal = place.work / "musl-internal";
  install_text(internal / "version.h", fmt::format("#define VERSION \"{}\"\n", version));

  auto command = place.compile_command(root);
  command.insert(
      command.end(),
      {"-std=c99", "-nostdinc", "-ffreestanding", "-frounding-math", "-fno-strict-aliasing",
       "-fno-stack-protector", "-fomit-frame-pointer", "-fno-unwind-tables",
       "-fno-asynchronous-unwind-tables", "-Wa,--noexecstack", "-D_XOPEN_SOURCE=700"});
  for (const auto& directory : {cpu, root / "arch/generic", internal, root / "src/include",
                                root / "src/internal", place.include(), root / "include"})
    command.push_back("-I" + directory.string());

  auto work = jobs_for(place, std::string(library_files), root, library_sources(root, architecture),
                       command);
  command.insert(command.end(), {"-fPIC", "-DCRT"});
  auto start = files_with_ending(root / "crt" / architecture, {".s", ".S"});
  std::set<fs::path> replaced;
  for (const auto& source : start)
    replaced.insert(source.stem());
  for (const auto& source : files_with_ending(root / "crt", {".c"})) {
    if (!replaced.contains(source.stem()))
      start.push_back(source);
  }
  for (const auto& source : start)
    work.push_back(
        {command, source, place.work / musl_start_files / (source.stem().string() + ".o")});
  return work;
}

void finish_musl(const recipe_place& place, const std::vector<compile_job>& work) {
  std::vector<fs::path> objects;
  for (const auto& object : objects_of(work)) {
    if (object.parent_path().filename() == musl_start_files)
      install_file(object, place.library() / object.filename());
    else if (object.parent_path().filename() == library_files)
      objects.push_back(object);
  }
  make_library(place.library() / "libc.a", place.compiler.archiver, objects);
  for (const auto name : empty_library_names)
    install_text(place.library() / fmt::format("lib{}.a", name), empty_archive);
}

}  // namespace ebpfkit::host
