#include "sysroot/licences.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>
#include <vector>

#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

struct licence {
  std::string_view part;   // directory below licences/
  std::string_view input;  // name of the input, or its beginning
  std::string_view covers;
  std::string_view terms;               // SPDX
  std::vector<std::string_view> files;  // relative to the input
};

const std::vector<licence>& all_licences() {
  static const std::vector<licence> all{
      {"musl",
       "musl",
       "usr/lib/libc.a and the files crt*.o",
       "MIT",
       {"COPYRIGHT", "usr/share/doc/musl-dev/copyright"}},
      {"linux-headers",
       "linux-headers",
       "headers in linux/, asm/ and asm-generic/",
       "GPL-2.0 WITH Linux-syscall-note",
       {"usr/share/doc/linux-libc-dev/copyright"}},
      {"compiler-rt",
       "compiler-rt",
       "resource/lib",
       "Apache-2.0 WITH LLVM-exception",
       {"LICENSE.TXT"}},
      {"libcxx",
       "llvm",
       "usr/lib/libc++.a",
       "Apache-2.0 WITH LLVM-exception",
       {"libcxx/LICENSE.TXT"}},
      {"libcxxabi",
       "llvm",
       "usr/lib/libc++.a and libc++abi.a",
       "Apache-2.0 WITH LLVM-exception",
       {"libcxxabi/LICENSE.TXT"}},
      {"libunwind",
       "llvm",
       "usr/lib/libunwind.a",
       "Apache-2.0 WITH LLVM-exception",
       {"libunwind/LICENSE.TXT"}},
      {"zlib", "zlib", "usr/lib/libz.a", "Zlib", {"LICENSE", "README"}},
      {"elfutils",
       "elfutils",
       "usr/lib/libelf.a",
       "LGPL-3.0-or-later OR GPL-2.0-or-later",
       {"COPYING", "COPYING-GPLV2", "COPYING-LGPLV3"}},
      {"libbpf",
       "libbpf",
       "usr/lib/libbpf.a",
       "LGPL-2.1-only OR BSD-2-Clause",
       {"LICENSE", "LICENSE.BSD-2-Clause", "LICENSE.LGPL-2.1"}}};
  return all;
}

// "musl" is also the input musl-dev, and compiler-rt the input libclang-rt-14-dev.
const fs::path* find_root_of(const licence& one, const std::map<std::string, fs::path>& roots) {
  for (const auto& [name, root] : roots) {
    if (name == one.input || name == fmt::format("{}-dev", one.input) ||
        (one.input == "compiler-rt" && name.starts_with("libclang-rt-")))
      return &root;
  }
  return nullptr;
}

}  // namespace

void install_licences(const recipe_place& place, const std::map<std::string, fs::path>& roots) {
  std::string text =
      "# Licences\n\nA static program has parts of these libraries in it. Whoever passes it on "
      "must keep to "
      "their licences. libelf may\nbe used under the LGPL: whoever gets the program must be able "
      "to link it "
      "with another libelf.\n\n| part | licence | files |\n|---|---|---|\n";
  std::error_code error;
  for (const auto& one : all_licences()) {
    const auto* root = find_root_of(one, roots);
    if (root == nullptr)
      continue;
    text += fmt::format("| {} | {} | {} |\n", one.part, one.terms, one.covers);
    for (const auto file : one.files) {
      if (const auto from = *root / file; fs::is_regular_file(from, error))
        install_file(from, place.licences() / one.part / from.filename());
    }
    // The runtime's package has one text, in a directory with its version.
    if (one.input == "compiler-rt") {
      for (fs::directory_iterator entry(*root / "usr/share/doc", error), end;
           !error && entry != end; entry.increment(error)) {
        if (const auto from = entry->path() / "copyright"; fs::is_regular_file(from))
          install_file(from, place.licences() / one.part / "copyright");
      }
    }
  }
  install_text(place.licences() / "README.md", text);
}

}  // namespace ebpfkit::host
