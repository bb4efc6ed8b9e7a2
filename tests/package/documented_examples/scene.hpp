// What the examples take for granted.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "all_headers.hpp"
#include "control.skel.hpp"
#include "kernels.btf.hpp"
#include "lists.skel.hpp"
#include "packets.skel.hpp"
#include "profile.skel.hpp"
#include "tasks.skel.hpp"
#include "watcher.skel.hpp"

struct scene {
  ebpf::packets& packets;
  ebpf::tasks& tasks;
  ebpf::control& control;
  ebpf::lists& lists;
  unsigned interface_index;
  std::vector<std::uint8_t> frame;
  ebpfkit::program program;
  std::vector<std::uint64_t> stack;
  pid_t process;
};

inline void report(const std::string& message) {
  std::cerr << message << '\n';
}

// The variables by the names that the examples use. An example may have its own of the same name.
#define SCENE(given)                                               \
  [[maybe_unused]] auto& packets = (given).packets;                \
  [[maybe_unused]] auto& tasks = (given).tasks;                    \
  [[maybe_unused]] auto& control = (given).control;                \
  [[maybe_unused]] auto& lists = (given).lists;                    \
  [[maybe_unused]] auto interface_index = (given).interface_index; \
  [[maybe_unused]] auto& frame = (given).frame;                    \
  [[maybe_unused]] auto& program = (given).program;                \
  [[maybe_unused]] auto& stack = (given).stack;                    \
  [[maybe_unused]] auto process = (given).process;
