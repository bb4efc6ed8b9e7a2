#include "xdp_chain_pins.hpp"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../system/bpf_file_system.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "xdp_dispatcher.hpp"

namespace ebpfkit::detail {
namespace {

struct directory_closer {
  void operator()(DIR* owned) const noexcept { closedir(owned); }
};

// The names in a directory, without "." and "..".
std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, directory_closer> opened(opendir(path.c_str()));
  if (!opened)
    return names;
  while (const dirent* entry = readdir(opened.get())) {
    if (entry->d_name[0] != '.')
      names.emplace_back(entry->d_name);
  }
  return names;
}

void remove_pins(const std::string& path) {
  for (const auto& name : names_in(path))
    unlink(joined({path, "/", name}).c_str());
  rmdir(path.c_str());
}

// Returns 0 when the text is no number.
std::uint32_t id_in(const char* text) {
  char* end = nullptr;
  const auto id = strtoul(text, &end, 10);
  return *text != '\0' && *end == '\0' && id <= UINT32_MAX ? static_cast<std::uint32_t>(id) : 0;
}

std::string pin_path(const std::string& directory, std::size_t number, const char* kind) {
  return formatted("%s/%s-%s", directory.c_str(), xdp_slot_name(number).c_str(), kind);
}

unsigned long long network_namespace() {
  struct stat about {};
  return stat("/proc/thread-self/ns/net", &about) == 0 ? about.st_ino : 0;
}

}  // namespace

std::string xdp_chain_directory() {
  const char* base = secure_getenv("LIBXDP_BPFFS");
  return joined({base ? base : "/sys/fs/bpf", "/xdp"});
}

xdp_chain_pins::xdp_chain_pins(unsigned interface)
    : interface_(interface),
      directory_(xdp_chain_directory()),
      unsettled_prefix_(formatted("ebpfkit-%llu-%u-", network_namespace(), interface)) {}

int xdp_chain_pins::lock(bool make) {
  if (!is_in_bpf_file_system(directory_))
    return ENOENT;
  if (make && mkdir(directory_.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return errno;
  lock_ = unique_fd(open(directory_.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (!lock_)
    return lock_.code();
  while (flock(lock_.get(), LOCK_EX) != 0) {
    if (errno != EINTR)
      return errno;
  }
  return 0;
}

void xdp_chain_pins::settle(std::uint32_t attached) const {
  for (const auto& name : names_in(directory_)) {
    if (name.compare(0, unsettled_prefix_.size(), unsettled_prefix_) != 0)
      continue;
    const auto path = joined({directory_, "/", name});
    const auto id = id_in(name.c_str() + unsettled_prefix_.size());
    if (id != 0 && id == attached)
      rename(path.c_str(), path_of(id).c_str());
    else
      remove_pins(path);
  }
}

unique_fd xdp_chain_pins::open_program(std::uint32_t dispatcher, std::size_t number) const {
  return unique_fd(bpf_obj_get(pin_path(path_of(dispatcher), number, "prog").c_str()));
}

int xdp_chain_pins::make_unsettled(std::uint32_t dispatcher) const {
  return mkdir(unsettled_path_of(dispatcher).c_str(), S_IRWXU) == 0 ? 0 : errno;
}

int xdp_chain_pins::pin(std::uint32_t dispatcher, std::size_t number, int program_fd,
                        int link_fd) const {
  const auto directory = unsettled_path_of(dispatcher);
  if (bpf_obj_pin(link_fd, pin_path(directory, number, "link").c_str()) != 0 ||
      bpf_obj_pin(program_fd, pin_path(directory, number, "prog").c_str()) != 0)
    return errno;
  return 0;
}

int xdp_chain_pins::unsettle(std::uint32_t dispatcher) const {
  return rename(path_of(dispatcher).c_str(), unsettled_path_of(dispatcher).c_str()) == 0 ? 0
                                                                                         : errno;
}

std::string xdp_chain_pins::path_of(std::uint32_t dispatcher) const {
  return formatted("%s/dispatch-%u-%u", directory_.c_str(), interface_, dispatcher);
}

std::string xdp_chain_pins::unsettled_path_of(std::uint32_t dispatcher) const {
  return formatted("%s/%s%u", directory_.c_str(), unsettled_prefix_.c_str(), dispatcher);
}

}  // namespace ebpfkit::detail
