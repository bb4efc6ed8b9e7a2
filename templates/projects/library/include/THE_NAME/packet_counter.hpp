// Counts the packets that a network interface receives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace THE_NAME {

struct packet_total {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// Counts as long as it exists.
class packet_counter {
 public:
  // Loads the program and attaches it. Needs the right to load BPF programs. Throws a
  // std::exception that tells what is missing.
  explicit packet_counter(const std::string& network_interface);
  ~packet_counter();
  packet_counter(packet_counter&&) noexcept;
  packet_counter& operator=(packet_counter&&) noexcept;

  // What the interface has received since the constructor returned.
  packet_total total() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace THE_NAME
