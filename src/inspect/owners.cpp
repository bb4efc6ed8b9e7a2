#include "inspect/owners.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <system_error>

#include "inspect/mounts.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace fs = std::filesystem;

namespace {

// The line of /proc/PID/fdinfo/FD that tells the id (kernel/bpf/syscall.c, bpf_*_show_fdinfo). A
// link also has a line "prog_id:", behind its own.
std::optional<bpf_identity> read_identity(const fs::path& file) {
  std::ifstream lines(file);
  std::string word;
  std::optional<bpf_identity> found;
  while (lines >> word) {
    std::uint32_t id = 0;
    if (word == "link_id:" && lines >> id)
      return bpf_identity{bpf_kind::link, id};
    if (word == "map_id:" && lines >> id)
      return bpf_identity{bpf_kind::map, id};
    if (word == "prog_id:" && lines >> id)
      found = bpf_identity{bpf_kind::program, id};
  }
  return found;
}

std::string command_of(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string command;
  std::getline(file, command);
  return command;
}

// Reading a file of /proc costs much more than the name of what it is about.
bool is_bpf_file(const fs::path& file) {
  std::error_code error;
  return fs::read_symlink(file, error).string().starts_with("anon_inode:bpf");
}

}  // namespace

const char* kind_word(bpf_kind kind) {
  switch (kind) {
    case bpf_kind::program:
      return "program";
    case bpf_kind::map:
      return "map";
    case bpf_kind::link:
      return "link";
  }
  return "object";
}

std::optional<bpf_identity> identity_of(int fd) {
  return read_identity(fmt::format("/proc/self/fdinfo/{}", fd));
}

std::vector<fs::path> bpffs_directories() {
  return mounted_directories("bpf");
}

object_owners::object_owners() {
  read_processes();
  read_pins();
}

void object_owners::read_processes() {
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end;
       process.increment(error)) {
    const auto name = process->path().filename().string();
    int id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ptr !=
            name.data() + name.size() ||
        id == ::getpid())
      continue;
    std::error_code unreadable;
    fs::directory_iterator file(process->path() / "fd", unreadable);
    // A process that has ended meanwhile owns nothing.
    if (unreadable == std::errc::permission_denied)
      is_complete_ = false;
    std::vector<bpf_identity> owned;
    for (; !unreadable && file != fs::directory_iterator(); file.increment(unreadable)) {
      if (!is_bpf_file(file->path()))
        continue;
      const auto identity = read_identity(process->path() / "fdinfo" / file->path().filename());
      if (identity && std::find(owned.begin(), owned.end(), *identity) == owned.end())
        owned.push_back(*identity);
    }
    if (owned.empty())
      continue;
    const owning_process owner{id, command_of(process->path())};
    for (const auto& identity : owned)
      processes_.emplace(identity, owner);
  }
}

void object_owners::read_pins() {
  for (const auto& directory : bpffs_directories()) {
    std::error_code error;
    for (fs::recursive_directory_iterator file(directory, error), end; !error && file != end;
         file.increment(error)) {
      if (!file->is_regular_file(error))
        continue;
      // The files that bpffs itself brings (maps.debug, progs.debug) are no pins.
      const file_descriptor pinned(bpf_obj_get(file->path().c_str()));
      if (pinned.get() < 0)
        continue;
      if (const auto identity = identity_of(pinned.get()))
        pinned_.push_back({file->path(), *identity});
    }
    if (error)
      is_complete_ = false;
  }
  std::sort(pinned_.begin(), pinned_.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
}

std::vector<owning_process> object_owners::processes(bpf_identity object) const {
  std::vector<owning_process> found;
  const auto [begin, end] = processes_.equal_range(object);
  for (auto position = begin; position != end; ++position)
    found.push_back(position->second);
  return found;
}

std::vector<fs::path> object_owners::pins(bpf_identity object) const {
  std::vector<fs::path> found;
  for (const auto& pinned : pinned_)
    if (pinned.object == object)
      found.push_back(pinned.path);
  return found;
}

}  // namespace ebpfkit::host
