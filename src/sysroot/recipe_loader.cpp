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

// libbpf reads /proc/config.gz with gzopen(). Without NO_GZCOMPRESS, zlib's gzclose() would bring
// all of deflate() into each loader, 30 kB. gzopen() cannot open files for writing then; deflate()
// is there.
std::vector<compile_job> zlib_work(const recipe_place& place, const fs::path& root) {
  install_headers(zlib_headers, root, place.include());
  return jobs_for(
      place, "zlib", root, files_with_ending(root, {".c"}),
      with_options(place.compile_command(root), {"-D_LARGEFILE64_SOURCE=1", "-DHAVE_HIDDEN",
                                                 "-DHAVE_UNISTD_H", "-DNO_GZCOMPRESS"}));
}

std::vector<compile_job> elf_work(const recipe_place& place, const fs::path& root) {
  install_headers(elf_headers, root / "libelf", place.include());
  const auto configuration = place.work / "elfutils";
  install_text(configuration / "config.h", elfutils_configuration);
  const auto command =
      with_options(place.compile_command(root),
                   {"-std=gnu99", "-DHAVE_CONFIG_H", "-D_GNU_SOURCE", "-I" + configuration.string(),
                    "-I" + (root / "libelf").string(), "-I" + (root / "lib").string()});
  auto sources = files_with_ending(root / "libelf", {".c"});
  // Newer versions of libelf search trees with this file.
  if (fs::exists(root / "lib/eu-search.c"))
    sources.push_back(root / "lib/eu-search.c");
  return jobs_for(place, "libelf", root, sources, command);
}

std::vector<compile_job> bpf_work(const recipe_place& place, const fs::path& root) {
  install_headers(bpf_headers, root / "src", place.include() / "bpf");
  const auto command =
      with_options(place.compile_command(root),
                   {"-std=gnu89", "-D_LARGEFILE64_SOURCE", "-D_FILE_OFFSET_BITS=64",
                    "-fvisibility=hidden", "-I" + (root / "src").string(),
                    "-I" + (root / "include").string(), "-I" + (root / "include/uapi").string()});
  return jobs_for(place, "libbpf", root / "src", files_with_ending(root / "src", {".c"}), command);
}

}  // namespace

std::vector<compile_job> prepare_loader_libraries(const recipe_place& place,
                                                  const loader_sources& sources) {
  auto work = zlib_work(place, sources.zlib);
  for (const auto& more : {elf_work(place, sources.elfutils), bpf_work(place, sources.libbpf)})
    work.insert(work.end(), more.begin(), more.end());
  // The libraries of a GCC are not in this sysroot, but zlib's and libelf's headers are.
  if (!place.compiler.is_clang) {
    for (auto& job : work)
      job.command.push_back("-I" + place.include().string());
  }
  return work;
}

void finish_loader_libraries(const recipe_place& place, const std::vector<compile_job>& work) {
  const auto library_of = [&](std::string_view part, std::string_view library) {
    std::vector<fs::path> objects;
    for (const auto& object : objects_of(work)) {
      if (object.parent_path().filename() == part)
        objects.push_back(object);
    }
    make_library(place.library() / library, place.compiler.archiver, objects);
  };
  library_of("zlib", "libz.a");
  library_of("libelf", "libelf.a");
  library_of("libbpf", "libbpf.a");
}

}  // namespace ebpfkit::host
