// Starts processes and finds them in the cache.
#include "fork_cache.skel.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <ebpfkit/arena_map.hpp>
#include <ebpfkit/map_declaration.hpp>
#include <ebpfkit/test_run.hpp>

#include "common.hpp"

namespace {

using cache = ebpf::fork_cache;

constexpr unsigned children = 20;
constexpr std::size_t slot_count = 512;  // as in the BPF source

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
  const auto arena = opened.maps().memory;
  ebpfkit::map_declaration(arena).set_extra(ebpfkit::arena_map::usual_address).value();
  opened.load().value();
  const auto memory = arena.open_memory().value();
  require(memory.at<cache::slot>(opened.bss().slots).error().code == EFAULT,
          "the arena has slots before a program makes them");
  require(ebpfkit::run_syscall(opened.programs().make_slots).value() == 0,
          "the arena has no memory");
  const auto attached = opened.programs().on_fork.attach().value();

  const auto started = start_children();
  const auto* slots = memory.at<cache::slot>(opened.bss().slots, slot_count).value();
  require(memory.pointer_to(slots).value() == opened.bss().slots,
          "program and application disagree about the place of the slots");
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
