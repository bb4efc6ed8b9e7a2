#include "register_words.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "log_numbers.hpp"
#include "log_text.hpp"

namespace ebpfkit::detail {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr auto nothing = std::string_view::npos;

// "map_value(id=1,map=counts,ks=4,vs=8)" in parts.
struct register_state {
  std::string_view type;  // "map_value"
  std::string_view map;   // "counts"; empty before Linux 6.9
  bool has_limits = false;
  bool has_smin = false, has_smax = false, has_umin = false, has_umax = false;
  std::int64_t smin = least, smax = most;
  std::uint64_t umin = 0, umax = std::numeric_limits<std::uint64_t>::max();
  std::int64_t offset = 0;  // of a pointer, without the part that is not constant
  std::int64_t range = 0;   // of a packet: bytes that were compared
  std::int64_t size = -1;   // of the value or the memory
};

// Takes `key=value`. Since Linux 6.4 equal values stand in a row: "smin=umin=3".
void take_word(register_state& state, std::string_view key, std::string_view value,
               std::string_view old_id) {
  std::uint64_t number = 0;
  if (key == "map") {
    state.map = value;
    return;
  }
  if (starts_with(key, "var_off"))
    state.has_limits = true;
  // Linux 5.10 prints this one number in hexadecimal digits without 0x, and the id in each state.
  if (!read_number(value, number, key == "imm" && old_id == "0" ? 16 : 10))
    return;
  const auto is_signed = static_cast<std::int64_t>(number);
  if (key == "smin" || key == "smin_value") {
    state.smin = is_signed;
    state.has_smin = state.has_limits = true;
  } else if (key == "smax" || key == "smax_value") {
    state.smax = is_signed;
    state.has_smax = state.has_limits = true;
  } else if (key == "umin" || key == "umin_value") {
    state.umin = number;
    state.has_umin = state.has_limits = true;
  } else if (key == "umax" || key == "umax_value") {
    state.umax = number;
    state.has_umax = state.has_limits = true;
  } else if (key == "off" || key == "imm") {
    state.offset += std::clamp(is_signed, -largest_offset, largest_offset);
  } else if (key == "r") {
    state.range = std::clamp(is_signed, -largest_offset, largest_offset);
  } else if (key == "vs" || key == "sz" || key == "mem_size") {
    state.size = is_signed;
  }
}

register_state read_state(std::string_view text) {
  register_state state;
  const auto open = std::min(text.find('('), text.size());
  state.type = first(text, open);
  auto words = part_behind(text, open + 1);
  std::string_view id;
  while (!words.empty()) {
    // A value may have brackets: "var_off=(0x0; 0xff)".
    std::size_t end = 0;
    for (int depth = 0; end < words.size(); ++end) {
      depth += words[end] == '(' ? 1 : 0;
      depth -= words[end] == ')' ? 1 : 0;
      if (depth < 0 || (depth == 0 && words[end] == ','))
        break;
    }
    auto keys = first(words, end);
    words = part_behind(words, end + 1);
    const auto equals = keys.rfind('=');
    if (equals == nothing)
      continue;
    const auto value = part_behind(keys, equals + 1);
    for (keys = first(keys, equals); !keys.empty();) {
      const auto key = first(keys, keys.find('='));
      keys = part_behind(keys, key.size() + 1);
      if (key == "id")
        id = value;
      take_word(state, key, value, id);
    }
  }
  return state;
}

// The least and the largest value. False: the number may be almost anything.
bool limits_of(const register_state& state, std::int64_t& low, std::int64_t& high) {
  if (state.has_umax && state.umax <= static_cast<std::uint64_t>(most)) {
    low = std::max(static_cast<std::int64_t>(std::min(state.umin, state.umax)),
                   state.has_smin ? state.smin : 0);
    high = state.has_smax ? std::min(state.smax, static_cast<std::int64_t>(state.umax))
                          : static_cast<std::int64_t>(state.umax);
    return low <= high;
  }
  low = state.smin;
  high = state.smax;
  return state.has_smin && state.has_smax && low <= high;
}

std::string words_of_number(const register_state& state) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (limits_of(state, low, high)) {
    const char* width = "";
    if (low == 0)
      width = high == 0xff         ? " (any of 8 bits)"
              : high == 0xffff     ? " (any of 16 bits)"
              : high == 0xffffffff ? " (any of 32 bits)"
                                   : "";
    return formatted("a number from %" PRId64 " to %" PRId64 "%s%s", low, high,
                     low < 0 ? ": it may be negative" : "", width);
  }
  // Each unknown number that is shifted to the left has a largest value.
  if (state.has_smax && state.smax < most / 2)
    return formatted("a number of at most %" PRId64 ": it may be negative, without a limit",
                     state.smax);
  if (state.has_smin && state.smin > 0)
    return formatted("a number of at least %" PRId64 ", without an upper limit", state.smin);
  if (state.has_umin)
    return formatted("a number of at least %" PRIu64 " (unsigned), without an upper limit",
                     state.umin);
  return "any number: nothing limits it";
}

// "byte 8", "a byte from 0 to 128". Empty: the place may be almost anywhere.
std::string place_of(const register_state& state) {
  if (!state.has_limits)
    return formatted("byte %" PRId64, state.offset);
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (!limits_of(state, low, high) || low < -largest_offset || high > largest_offset)
    return {};
  return formatted("a byte from %" PRId64 " to %" PRId64, low + state.offset, high + state.offset);
}

std::string words_of_packet(const register_state& state) {
  const auto place = place_of(state);
  const auto checked = std::max<std::int64_t>(state.range - state.offset, 0);
  // The state is that of an earlier instruction. The program may have compared the pointer since.
  std::string compared = "nothing from there on was then";
  // Linux 7.1 counts the range of a place that is not constant from another place than kernels
  // before it.
  if (state.range > 0 && state.has_limits && state.offset == 0)
    compared = "some bytes from there on were";
  else if (state.range > 0 && checked > 0)
    compared = formatted("%" PRId64 " bytes from there on were", checked);
  return formatted("%s of the packet; %s compared with data_end",
                   place.empty() ? "an unknown byte" : place.c_str(), compared.c_str());
}

std::string words_of_stack(const register_state& state, std::string_view text) {
  std::int64_t offset = 0;
  if (state.has_limits) {
    const auto place = place_of(state);
    return joined({place.empty() ? "an unknown byte" : place.c_str(),
                   " of the stack, which has the bytes -512 to -1"});
  }
  if (!number_after(text, "fp", offset) || offset < -largest_offset || offset > largest_offset)
    return {};
  return offset == 0 ? "the top of the stack"
                     : formatted("an address on the stack, %" PRId64 " bytes %s its top",
                                 offset < 0 ? -offset : offset, offset < 0 ? "below" : "above");
}

// The part behind "ptr_" of "trusted_ptr_task_struct".
std::string words_of_kernel_pointer(std::string_view type) {
  const auto at = type.find("ptr_");
  const auto trust = first(type, at);
  type = part_behind(type, at + 4);
  return joined({"a pointer to the kernel's ", type,
                 trust.find("untrusted_") != nothing ? ", which is not trusted"
                 : trust.find("trusted_") != nothing ? ", which is trusted"
                 : trust.find("rcu_") != nothing     ? ", which RCU protects"
                                                     : ""});
}

std::string words_of_pointer(const register_state& state, std::string_view type) {
  const auto map = state.map.empty() ? std::string("a map") : joined({"map '", state.map, "'"});
  const auto place = place_of(state);
  const auto size = state.size < 0 ? std::string() : formatted("%" PRId64 " bytes", state.size);
  if (type == "ctx")
    return state.offset == 0 && !state.has_limits
               ? "the context, the program's first argument"
               : joined({place.empty() ? "an unknown byte" : place.c_str(), " of the context"});
  if (type == "map_value")
    return joined({place.empty() ? "an unknown byte" : place.c_str(), " of the value of ", map,
                   size.empty() ? "" : ", which has ", size});
  if (type == "map_ptr")
    return joined({map, " itself, not one of its values"});
  if (type == "pkt")
    return words_of_packet(state);
  if (type == "pkt_end")
    return "data_end, the end of the packet";
  if (type == "ringbuf_mem")
    return joined({"a record of a ring buffer", size.empty() ? "" : ", which has ", size});
  if (type == "mem" || type == "alloc_mem" || type == "rdonly_mem")
    return joined({place.empty() ? "an unknown byte" : place.c_str(), " of memory",
                   size.empty() ? "" : " that has ", size});
  if (type == "sock" || type == "sock_common" || type == "tcp_sock")
    return "a socket";
  if (type.find("ptr_") != nothing)
    return words_of_kernel_pointer(type);
  return {};
}

}  // namespace

bool is_number_state(std::string_view state) {
  // "P": the verifier needs the exact value.
  if (starts_with(state, "P"))
    state.remove_prefix(1);
  const auto digits = part_behind(state, starts_with(state, "-") ? 1 : 0);
  return starts_with(state, "scalar") || starts_with(state, "inv") ||
         (!digits.empty() && digits.front() >= '0' && digits.front() <= '9');
}

std::string words_of_state(std::string_view text) {
  if (is_number_state(text)) {
    // "5", "inv5", "invP0": a constant.
    return text.find('(') == nothing ? std::string() : words_of_number(read_state(text));
  }
  const auto state = read_state(text);
  if (starts_with(text, "fp"))
    return words_of_stack(state, text);
  constexpr std::string_view may_be_null = "_or_null";
  auto type = state.type;
  // "ptr_or_null_task_struct", "map_value_or_null"
  std::string name(type);
  const auto at = name.find(may_be_null);
  if (at != nothing)
    type = name.erase(at, may_be_null.size());
  auto words = words_of_pointer(state, type);
  if (!words.empty() && at != nothing)
    words += ", or NULL: not compared yet";
  return words;
}

}  // namespace ebpfkit::detail
