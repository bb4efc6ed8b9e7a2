// The sources that a sysroot is made of: which files of them are needed, and where they are
// unpacked.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "packages/extract.hpp"

namespace ebpfkit::host {

// What the manifest says about one input.
struct sysroot_input {
  std::string name;     // "musl", "llvm", ...: what --source calls it
  std::string version;  // empty when it is not known
  std::string
      file;  // the name of the archive or of the directory, without the directories above it
  std::string sha256;  // of the archive, or of the names and bytes of the files that are used
};

// An input as a directory.
struct source_tree {
  std::filesystem::path root;  // has the file that source_kind::marker names
  sysroot_input input;
};

// What --source NAME=PATH may name.
struct source_kind {
  std::string_view name;
  std::string_view what;    // for messages
  std::string_view marker;  // a file that only these sources have, relative to their root
  std::vector<std::string_view>
      wanted;  // files, and directories with "/" at the end; relative to the root
};

// Returns all kinds.
std::span<const source_kind> source_kinds();

// Returns the kind of that name. Throws `failure` with the nearest names when there is none.
const source_kind& find_source_kind(std::string_view name);

// Opens what the user gives: a directory, which is used where it is, or an archive, which is
// unpacked into `cache`. Throws `failure` when it is neither, or does not have the kind's marker.
source_tree open_source(const source_kind& kind, const std::filesystem::path& path,
                        const std::filesystem::path& cache);

// Opens an archive whose SHA-256 is known. Unpacks it into `cache` unless the cache has it.
source_tree open_archive(const source_kind& kind, const std::filesystem::path& archive,
                         const std::string& sha256, const std::filesystem::path& cache);

// Unpacks the wanted files of an archive into `cache` unless the cache has them, and returns the
// directory.
std::filesystem::path unpack(std::string_view name, const std::filesystem::path& archive,
                             const std::string& sha256, const std::filesystem::path& cache,
                             const member_filter& is_wanted);

// Returns the first directory that has the file `marker`: `directory`, or one at most four levels
// below it. Returns an empty path when there is none.
std::filesystem::path find_root(const std::filesystem::path& directory, std::string_view marker);

// Returns the SHA-256 of the names and bytes of the regular files in `root` that `wanted` names.
// Throws `failure`.
std::string sha256_of_tree(const std::filesystem::path& root,
                           std::span<const std::string_view> wanted);

// Returns the version in the name of a package's file: "1.2.3" for musl_1.2.3.orig.tar.gz.
std::string version_in_file_name(std::string_view file);

}  // namespace ebpfkit::host
