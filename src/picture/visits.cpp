#include "picture/visits.hpp"

#include <linux/bpf.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ebpfkit::host {

namespace {

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

void place_calls(const std::vector<code_function>& functions, std::size_t caller,
                 std::uint32_t& length, std::map<std::size_t, std::uint32_t>& places) {
  for (const auto& shown : functions[caller].instructions) {
    const bool is_reference =
        (shown.code.code == (BPF_JMP | BPF_CALL) && shown.code.source == BPF_PSEUDO_CALL) ||
        shown.is_wide_load();
    if (!is_reference || shown.symbol.empty())
      continue;
    const auto called = std::ranges::find(functions, shown.symbol, &code_function::name);
    if (called == functions.end() || called->is_entry)
      continue;
    const auto index = static_cast<std::size_t>(called - functions.begin());
    if (!places.emplace(index, length).second)
      continue;
    length += called->length;
    place_calls(functions, index, length, places);
  }
}

}  // namespace

std::map<std::uint32_t, std::uint64_t> count_visits(std::string_view log) {
  std::map<std::uint32_t, std::uint64_t> visits;
  while (!log.empty()) {
    const auto line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(line.size() + 1, log.size()));
    std::uint32_t number = 0;
    const auto* end = line.data() + line.size();
    const auto read = std::from_chars(line.data(), end, number);
    const auto rest = line.substr(static_cast<std::size_t>(read.ptr - line.data()));
    if (read.ec == std::errc() && rest.size() > 5 && rest.starts_with(": (") &&
        is_hexadecimal(rest[3]) && is_hexadecimal(rest[4]) && rest[5] == ')')
      ++visits[number];
  }
  return visits;
}

std::map<std::size_t, std::uint32_t> function_places(const std::vector<code_function>& functions,
                                                     std::size_t entry) {
  std::map<std::size_t, std::uint32_t> places{{entry, 0}};
  auto length = functions.at(entry).length;
  place_calls(functions, entry, length, places);
  return places;
}

void set_visits(const code_function& function, flow_graph& graph,
                const std::map<std::uint32_t, std::uint64_t>& visits, std::uint32_t place) {
  for (auto& block : graph.blocks) {
    const auto first = function.instructions[block.instructions.front()].index;
    const auto found = visits.find(place + first);
    block.visits = found == visits.end() ? 0 : found->second;
  }
}

}  // namespace ebpfkit::host
