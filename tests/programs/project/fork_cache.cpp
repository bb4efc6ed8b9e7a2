// Starts processes and finds them in the cache.
#include "fork_cache.skel.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <ebpfkit/map_declaration.hpp>
#include <ebpfkit/test_run.hpp>

#include "common.hpp"

namespace {

using cache = ebpf::fork_cache;

constexpr unsigned children = 20;
constexpr std::size_t slot_count = 512;  // as in the BPF source

// Where the application has the arena. The pointers that the programs keep are addresses there.
constexpr std::uintptr_t arena_begin = std::uintptr_t{1} << 44;

class arena_memory {
 public:
  explicit arena_memory(cache& opened)
      : size_(ebpfkit::map_declaration(opened.maps().memory).max_entries() *
              static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        begin_(mmap(reinterpret_cast<void*>(arena_begin), size_, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED_NOREPLACE, opened.maps().memory.fd(), 0)) {
    // libbpf has mapped the arena there itself since release 1.4.
    if (begin_ == MAP_FAILED && errno != EEXIST)
      checked(-1, "mmap of the arena");
  }
  arena_memory(const arena_memory&) = delete;
  arena_memory& operator=(const arena_memory&) = delete;
  ~arena_memory() {
    if (begin_ != MAP_FAILED)
      munmap(begin_, size_);
  }

 private:
  std::size_t size_;
  void* begin_;
};

std::vector<std::uint32_t> start_children() {
  std::vector<std::uint32_t> started;
  for (unsigned number = 0; number < children; ++number) {
    const auto child = static_cast<pid_t>(checked(fork(), "fork"));
    if (child == 0)
      _exit(0);
    checked(waitpid(child, nullptr, 0), "waitpid");
    started.push_back(static_cast<std::uint32_t>(child));
  }
  return started;
}

void cache_own_children() {
  auto opened = cache::open().value();
  ebpfkit::map_declaration(opened.maps().memory).set_extra(arena_begin).value();
  opened.load().value();
  const arena_memory memory(opened);
  require(ebpfkit::run_syscall(opened.programs().make_slots).value() == 0,
          "the arena has no memory");
  const auto attached = opened.programs().on_fork.attach().value();

  const auto started = start_children();
  const auto* slots = reinterpret_cast<const cache::slot*>(opened.bss().slots);
  for (const auto process : started) {
    const auto& slot = slots[process % slot_count];
    std::printf("process %u, parent %u, %s\n", slot.process, slot.parent, slot.command);
    require(slot.process == process, "the cache lacks a process");
    require(slot.parent == static_cast<std::uint32_t>(getpid()), "a process has another parent");
    require(std::string(slot.command) == "fork_cache", "a process has another name");
  }
}

}  // namespace

int main() {
  return run_application(cache_own_children);
}
