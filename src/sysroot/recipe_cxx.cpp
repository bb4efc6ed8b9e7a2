#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view cxx = "libcxx";
constexpr std::string_view cxx_abi = "libcxxabi";
constexpr std::string_view unwind = "libunwind";

// What libc++'s build asks the user: __config_site.in has a line for each. Those that stand in no
// release of libc++ do nothing. All others stay undefined or 0.
const std::map<std::string, std::string, std::less<>>& site_values() {
  static const std::map<std::string, std::string, std::less<>> values{
      {"_LIBCPP_ABI_VERSION", "1"},
      {"_LIBCPP_ABI_NAMESPACE", "__1"},
      {"_LIBCPP_HAS_MUSL_LIBC", "1"},
      {"_LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS", "1"},
      {"_LIBCPP_HAS_NO_INCOMPLETE_FORMAT", "1"},
      {"_LIBCPP_HAS_NO_INCOMPLETE_RANGES", "1"},
      {"_LIBCPP_HAS_NO_TIME_ZONE_DATABASE", "1"},
      // Since libc++ 20 the names say what there is.
      {"_LIBCPP_HAS_THREADS", "1"},
      {"_LIBCPP_HAS_MONOTONIC_CLOCK", "1"},
      {"_LIBCPP_HAS_TERMINAL", "1"},
      {"_LIBCPP_HAS_FILESYSTEM", "1"},
      {"_LIBCPP_HAS_RANDOM_DEVICE", "1"},
      {"_LIBCPP_HAS_LOCALIZATION", "1"},
      {"_LIBCPP_HAS_UNICODE", "1"},
      {"_LIBCPP_HAS_WIDE_CHARACTERS", "1"},
      {"_LIBCPP_PSTL_BACKEND_STD_THREAD", "1"},
      {"_LIBCPP_PSTL_CPU_BACKEND_THREAD", "1"},
      {"_LIBCPP_HARDENING_MODE_DEFAULT", "2"},  // _LIBCPP_HARDENING_MODE_NONE
      {"_LIBCPP_ASSERTION_SEMANTIC_DEFAULT", "2"},
      {"_LIBCPP_LIBC_NEWLIB", ""}};
  return values;
}

// Fills in __config_site.in as CMake's configure_file() does.
std::string config_site(const std::string& form) {
  static const std::regex define(R"(^#cmakedefine(01)? +([A-Za-z0-9_]+)(.*)$)");
  static const std::regex variable(R"(@([A-Za-z0-9_]+)@)");
  const auto value_of = [](const std::string& name) {
    const auto found = site_values().find(name);
    return found == site_values().end() ? std::string() : found->second;
  };
  std::istringstream lines(form);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, define)) {
      const auto name = match[2].str();
      const auto value = value_of(name);
      if (match[1].matched)
        line = fmt::format("#define {} {}", name, value.empty() ? "0" : value);
      else if (value.empty())
        line = fmt::format("/* #undef {} */", name);
      else
        line = fmt::format("#define {}{}", name, match[3].str());
    }
    std::string filled;
    auto rest = line.cbegin();
    for (std::sregex_iterator hit(line.cbegin(), line.cend(), variable), end; hit != end; ++hit) {
      filled.append(rest, hit->prefix().second);
      filled += value_of((*hit)[1].str());
      rest = hit->suffix().first;
    }
    filled.append(rest, line.cend());
    result += filled + '\n';
  }
  return result;
}

void install_headers(const recipe_place& place, const fs::path& root) {
  const auto to = place.include() / "c++/v1";
  install_tree(root / "libcxx/include", to, [](std::string_view name) {
    return !name.ends_with("CMakeLists.txt") && !name.ends_with(".in") &&
           !name.starts_with("__support/ibm") && !name.starts_with("__support/win32") &&
           !name.starts_with("__cxx03/");
  });
  // Programs in C++98 and C++03 have headers of their own since libc++ 20; a loader is C++17.
  for (const auto* name : {"cxxabi.h", "__cxxabi_config.h"})
    install_file(root / "libcxxabi/include" / name, to / name);
  install_text(to / "__config_site",
               config_site(text_of_source(root / "libcxx/include/__config_site.in")));
  const auto handler = root / "libcxx/vendor/llvm/default_assertion_handler.in";
  if (fs::exists(handler))
    install_file(handler, to / "__assertion_handler");
}

bool is_one_of(const fs::path& source, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, source.filename().native()) != names.end();
}

std::vector<fs::path> cxx_sources(const fs::path& root, unsigned major) {
  // Before, std::format was incomplete, and __config_site leaves it out.
  constexpr unsigned first_with_format = 17;
  std::vector<fs::path> sources;
  const auto add = [&](const fs::path& directory) {
    for (const auto& source : files_with_ending(root / "libcxx/src" / directory, {".cpp"})) {
      // Old ABIs, debug modes, and std::pmr's and std::experimental's relatives.
      if (!is_one_of(source, {"debug.cpp", "legacy_debug_handler.cpp", "legacy_pointer_safety.cpp",
                              "int128_builtins.cpp", "libdispatch.cpp"}) &&
          (major >= first_with_format || !is_one_of(source, {"format.cpp"})))
        sources.push_back(source);
    }
  };
  for (const auto* directory : {"", "filesystem", "ryu"})
    add(directory);
  return sources;
}

std::vector<fs::path> abi_sources(const fs::path& root) {
  std::vector<fs::path> sources;
  for (const auto& source : files_with_ending(root / "libcxxabi/src", {".cpp"})) {
    if (!is_one_of(source, {"cxa_noexception.cpp"}))
      sources.push_back(source);
  }
  return sources;
}

std::vector<fs::path> unwind_sources(const fs::path& root) {
  std::vector<fs::path> sources;
  for (const auto& source : files_with_ending(root / "libunwind/src", {".cpp", ".c", ".S"})) {
    if (is_one_of(source,
                  {"libunwind.cpp", "Unwind-EHABI.cpp", "UnwindLevel1.c", "UnwindLevel1-gcc-ext.c",
                   "UnwindRegistersRestore.S", "UnwindRegistersSave.S"}))
      sources.push_back(source);
  }
  return sources;
}

std::vector<fs::path> objects_in(const std::vector<compile_job>& work, std::string_view part) {
  std::vector<fs::path> objects;
  for (const auto& object : objects_of(work)) {
    if (object.parent_path().filename() == part)
      objects.push_back(object);
  }
  return objects;
}

}  // namespace

void check_llvm_version(const cross_compiler& clang, const fs::path& root) {
  // libc++ 14 says 14000, libc++ 16 and later say 160000.
  static const std::regex line(R"(#\s*define _LIBCPP_VERSION ([0-9]+))");
  const auto text = text_of_source(root / "libcxx/include/__config");
  std::smatch match;
  constexpr unsigned first_with_six_digits = 100000;
  constexpr unsigned old_factor = 1000;
  constexpr unsigned new_factor = 10000;
  unsigned major = 0;
  constexpr int most_digits = 7;
  if (std::regex_search(text, match, line) && match[1].length() <= most_digits) {
    const auto number = static_cast<unsigned>(std::stoul(match[1].str()));
    major = number / (number < first_with_six_digits ? old_factor : new_factor);
  }
  if (major != clang.major)
    throw failure(
        fmt::format("the sources of LLVM in '{}' are of version {}, but '{}' is of version {}",
                    root.string(), major, clang.program, clang.major),
        fmt::format("Give sources of LLVM {0} (--source llvm=PATH), or a clang {1} (--clang "
                    "clang-{1}).",
                    clang.major, major));
}

std::vector<compile_job> prepare_cxx(const recipe_place& place, const fs::path& root) {
  install_headers(place, root);
  const auto path = [&](std::string_view name) { return "-I" + (root / name).string(); };
  // Clang 14 calls C++23 by this name, too.
  constexpr unsigned first_in_cxx23 = 16;
  const std::string standard = place.compiler.major >= first_in_cxx23 ? "-std=c++2b" : "-std=c++20";
  // Not -stdlib=libc++: clang would take the headers of a libc++ that is installed beside it.
  const std::vector<std::string> headers{"-nostdinc++", "-isystem",
                                         (place.include() / "c++/v1").string()};
  const auto command =
      with_options(place.compile_command(root), {"-fvisibility-inlines-hidden", "-funwind-tables"});
  const auto cxx_command =
      with_options(with_options(command, headers),
                   {standard, "-D_LIBCPP_BUILDING_LIBRARY", "-DLIBCXX_BUILDING_LIBCXXABI",
                    "-D_LIBCPP_REMOVE_TRANSITIVE_INCLUDES", path("libcxx/src"),
                    path("libcxxabi/include"), path("libunwind/include"), path("libc")});

  auto work = jobs_for(place, std::string(cxx), root / "libcxx/src",
                       cxx_sources(root, place.compiler.major),
                       // libc++abi has operator new.
                       with_options(cxx_command, {"-D_LIBCPP_DISABLE_NEW_DELETE_DEFINITIONS"}));
  // The default handler of std::terminate would take 80 kB of every loader to print a readable
  // name.
  const auto abi =
      jobs_for(place, std::string(cxx_abi), root / "libcxxabi/src", abi_sources(root),
               with_options(cxx_command, {"-D_LIBCXXABI_BUILDING_LIBRARY",
                                          "-DLIBCXXABI_NON_DEMANGLING_TERMINATE",
                                          "-DLIBCXXABI_USE_LLVM_UNWINDER", path("libcxxabi/src")}));
  work.insert(work.end(), abi.begin(), abi.end());

  for (const auto& source : unwind_sources(root)) {
    auto flags = with_options(command, {"-fno-exceptions", "-D_LIBUNWIND_IS_NATIVE_ONLY",
                                        path("libunwind/include"), path("libunwind/src")});
    if (source.extension() == ".cpp")
      flags = with_options(with_options(flags, headers), {"-std=c++17", "-fno-rtti"});
    else if (source.extension() == ".c")
      flags = with_options(flags, {"-std=c99", "-fexceptions"});
    const auto jobs = jobs_for(place, std::string(unwind), root / "libunwind/src", {source}, flags);
    work.insert(work.end(), jobs.begin(), jobs.end());
  }
  return work;
}

void finish_cxx(const recipe_place& place, const std::vector<compile_job>& work) {
  // Clang links libc++ alone, so it has libc++abi in it. The archive of that name serves -lc++abi.
  const auto abi = objects_in(work, cxx_abi);
  auto all = objects_in(work, cxx);
  all.insert(all.end(), abi.begin(), abi.end());
  make_library(place.library() / "libc++.a", place.compiler.archiver, all);
  make_library(place.library() / "libc++abi.a", place.compiler.archiver, abi);
  make_library(place.library() / "libunwind.a", place.compiler.archiver, objects_in(work, unwind));
}

}  // namespace ebpfkit::host
