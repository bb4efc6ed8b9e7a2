#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/failure.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// What elfutils' configure finds out about musl. Its own eu-config.h follows. libelf needs no more:
// argp, fts, obstack and error() serve other parts of elfutils.
constexpr std::string_view elfutils_configuration = R"(#define HAVE_ERR_H 1
#define HAVE_MREMAP 1
#define HAVE_DECL_MEMPCPY 1
#define HAVE_DECL_MEMRCHR 1
#define HAVE_DECL_RAWMEMCHR 0
#define HAVE_DECL_POWEROF2 1
#define HAVE_DECL_REALLOCARRAY 1
#define HAVE_VISIBILITY 1
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#define PACKAGE "elfutils"
#define PACKAGE_NAME "elfutils"
#define PACKAGE_VERSION "0"
#define LOCALEDIR "/usr/share/locale"
#include <eu-config.h>
)";

constexpr std::string_view zlib_headers[] = {"zlib.h", "zconf.h"};
constexpr std::string_view elf_headers[] = {"libelf.h", "gelf.h", "nlist.h"};

// The headers that libbpf installs: what programs in BPF and in user space include.
constexpr std::string_view bpf_headers[] = {
    "bpf.h",           "libbpf.h",     "btf.h",           "libbpf_common.h",   "libbpf_legacy.h",
    "bpf_helpers.h",   "bpf_endian.h", "bpf_tracing.h",   "bpf_helper_defs.h", "bpf_core_read.h",
    "skel_internal.h", "usdt.bpf.h",   "libbpf_version.h"};

template <class Names>
void install_headers(const Names& names, const fs::path& from, const fs::path& to) {
  for (const auto name : names) {
    if (!fs::exists(from / name))
      throw failure(fmt::format("there is no '{}'", (from / name).string()),
                    "Give complete sources with --source.");
    install_file(from / name, to / name);
  }
}

// One variant of the three libraries.
struct library_set {
  std::string_view directory;  // in the directory of libraries, and of the objects
  bool is_optimized = false;
};

// EBPFKIT_OPTIMIZE_SIZE takes the second one (modules/detail/FindLibbpf.cmake): bitcode, of which
// the linker keeps and compiles what one program needs. It serves only the clang that made it, as
// the whole sysroot does.
constexpr library_set normal_set{""};
constexpr library_set optimized_set{"optimized-size", true};

// An exception never passes through zlib and libelf, which call no function of the application.
// libbpf calls such functions, but it is C, and EbpfKit::runtime lets no exception out of its own.
// Applications that use libbpf themselves may rely on its unwind tables, so the normal one has
// them.
const std::vector<std::string> without_unwind_tables{"-fno-asynchronous-unwind-tables",
                                                     "-fno-unwind-tables"};

// Link-time optimisation of clang 14 loses the ABI of targets whose flags choose one: the linker
// refuses what it makes for RISC-V and MIPS ("different floating-point ABI"). They get code without
// unwind tables instead.
bool is_bitcode(const recipe_place& place, const library_set& set) {
  const auto& name = place.target.name;
  return set.is_optimized && (name == "aarch64" || name == "x86_64" || name == "armv7");
}

std::vector<compile_job> library_jobs(const recipe_place& place, const library_set& set,
                                      const std::string& part, const fs::path& root,
                                      const std::vector<fs::path>& sources,
                                      std::vector<std::string> command) {
  if (is_bitcode(place, set))
    command.emplace_back("-flto");
  auto work = jobs_for(place, (fs::path(set.directory) / part).string(), root, sources, command);
  // Bitcode has the path of its source in it.
  if (is_bitcode(place, set)) {
    for (auto& job : work)
      job.directory = root;
  }
  return work;
}

// libbpf reads /proc/config.gz with gzopen(). Without NO_GZCOMPRESS, zlib's gzclose() would bring
// all of deflate() into each loader, 30 kB. gzopen() cannot open files for writing then; deflate()
// is there.
std::vector<compile_job> zlib_work(const recipe_place& place, const library_set& set,
                                   const fs::path& root) {
  const auto command = with_options(
      with_options(place.compile_command(root), without_unwind_tables),
      {"-D_LARGEFILE64_SOURCE=1", "-DHAVE_HIDDEN", "-DHAVE_UNISTD_H", "-DNO_GZCOMPRESS"});
  return library_jobs(place, set, "zlib", root, files_with_ending(root, {".c"}), command);
}

std::vector<compile_job> elf_work(const recipe_place& place, const library_set& set,
                                  const fs::path& root) {
  const auto command = with_options(
      with_options(place.compile_command(root), without_unwind_tables),
      {"-std=gnu99", "-DHAVE_CONFIG_H", "-D_GNU_SOURCE", "-I" + (place.work / "elfutils").string(),
       "-I" + (root / "libelf").string(), "-I" + (root / "lib").string()});
  auto sources = files_with_ending(root / "libelf", {".c"});
  // Newer versions of libelf search trees with this file.
  if (fs::exists(root / "lib/eu-search.c"))
    sources.push_back(root / "lib/eu-search.c");
  return library_jobs(place, set, "libelf", root, sources, command);
}

std::vector<compile_job> bpf_work(const recipe_place& place, const library_set& set,
                                  const fs::path& root) {
  auto command =
      with_options(place.compile_command(root),
                   {"-std=gnu89", "-D_LARGEFILE64_SOURCE", "-D_FILE_OFFSET_BITS=64",
                    "-fvisibility=hidden", "-I" + (root / "src").string(),
                    "-I" + (root / "include").string(), "-I" + (root / "include/uapi").string()});
  if (set.is_optimized)
    command = with_options(command, without_unwind_tables);
  return library_jobs(place, set, "libbpf", root / "src", files_with_ending(root / "src", {".c"}),
                      command);
}

std::vector<library_set> sets_of(const recipe_place& place) {
  // The plugin of a GCC may not fit its ar, and GCC's own format serves one build of it.
  if (!place.compiler.is_clang)
    return {normal_set};
  return {normal_set, optimized_set};
}

}  // namespace

std::vector<compile_job> prepare_loader_libraries(const recipe_place& place,
                                                  const loader_sources& sources) {
  install_headers(zlib_headers, sources.zlib, place.include());
  install_headers(elf_headers, sources.elfutils / "libelf", place.include());
  install_headers(bpf_headers, sources.libbpf / "src", place.include() / "bpf");
  install_text(place.work / "elfutils/config.h", elfutils_configuration);
  std::vector<compile_job> work;
  for (const auto& set : sets_of(place)) {
    for (const auto& more :
         {zlib_work(place, set, sources.zlib), elf_work(place, set, sources.elfutils),
          bpf_work(place, set, sources.libbpf)})
      work.insert(work.end(), more.begin(), more.end());
  }
  // The libraries of a GCC are not in this sysroot, but zlib's and libelf's headers are.
  if (!place.compiler.is_clang) {
    for (auto& job : work)
      job.command.push_back("-I" + place.include().string());
  }
  return work;
}

void finish_loader_libraries(const recipe_place& place, const std::vector<compile_job>& work) {
  const auto library_of = [&](const library_set& set, std::string_view part,
                              std::string_view library) {
    const auto directory = (place.work / set.directory / part).lexically_normal();
    std::vector<fs::path> objects;
    for (const auto& object : objects_of(work)) {
      if (object.parent_path().lexically_normal() == directory)
        objects.push_back(object);
    }
    make_library(place.library() / set.directory / library, place.compiler.archiver, objects);
  };
  for (const auto& set : sets_of(place)) {
    library_of(set, "zlib", "libz.a");
    library_of(set, "libelf", "libelf.a");
    library_of(set, "libbpf", "libbpf.a");
  }
}

}  // namespace ebpfkit::host
