#include "instruction_effect.hpp"

#include <algorithm>
#include <string_view>

#include "../system/text.hpp"
#include "log_text.hpp"

namespace ebpfkit::detail {
namespace {

// Removes "r7" or "w7" from the beginning of the text.
bool take_register(std::string_view& text, unsigned& number) {
  auto rest = text;
  long read = 0;
  if (!(starts_with(rest, "r") || starts_with(rest, "w")))
    return false;
  rest.remove_prefix(1);
  if (starts_with(rest, "-") || !take_decimal(rest, read) || read > 11)
    return false;
  number = static_cast<unsigned>(read);
  text = rest;
  return true;
}

// Reads the memory operand "*(u64 *)(r10 -8)". False: it is not on the stack.
bool take_slot(std::string_view& text, long& slot) {
  const auto begin = text.find(")(r10 ");
  if (!starts_with(text, "*(") || begin == std::string_view::npos)
    return false;
  auto rest = part_behind(text, begin + 6);
  if (!take_decimal(rest, slot) || !starts_with(rest, ")"))
    return false;
  text = part_behind(rest, 1);
  return true;
}

bool has_name(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const auto each = first(names, names.find(' '));
    if (each == name)
      return true;
    names = part_behind(names, each.size() + 1);
  }
  return false;
}

}  // namespace

bool take_decimal(std::string_view& text, long& number) {
  const bool is_negative = starts_with(text, "-");
  auto digits = part_behind(text, is_negative || starts_with(text, "+") ? 1 : 0);
  const auto count = std::min(digits.find_first_not_of("0123456789"), digits.size());
  // A longer number is none of a register, a slot or an instruction.
  if (count == 0 || count > 9)
    return false;
  number = 0;
  for (const char digit : first(digits, count))
    number = number * 10 + (digit - '0');
  if (is_negative)
    number = -number;
  text = part_behind(digits, count);
  return true;
}

instruction_effect effect_of(std::string_view code) {
  instruction_effect does;
  if (starts_with(code, "call ")) {
    does.is_call = true;
    return does;
  }
  if (take_slot(code, does.slot)) {
    does.stores_slot = starts_with(code, " = ");
    code = part_behind(code, 3);
    does.has_source = does.stores_slot && take_register(code, does.source);
    return does;
  }
  if (!take_register(code, does.target) || !starts_with(code, " "))
    return does;
  code.remove_prefix(1);
  const auto sign = first(code, code.find(' '));
  if (sign.empty() || sign.back() != '=' || sign == "==")
    return does;
  does.writes = true;
  does.keeps_old = sign != "=";
  code = part_behind(code, sign.size() + 1);
  if (take_slot(code, does.slot)) {
    does.loads_slot = true;
    return does;
  }
  // "(s8)r1" is a copy, too.
  if (starts_with(code, "(s"))
    code = part_behind(code, std::min(code.find(')'), code.size()) + 1);
  does.has_source = take_register(code, does.source) && code.empty();
  return does;
}

std::string_view called_function(std::string_view code) {
  if (!starts_with(code, "call "))
    return {};
  code.remove_prefix(5);
  return first(code, code.find('#'));
}

// net/core/filter.c, bpf_helper_changes_pkt_data().
bool changes_packet(std::string_view function) {
  return has_name(
      "bpf_clone_redirect bpf_l3_csum_replace bpf_l4_csum_replace bpf_lwt_push_encap "
      "bpf_lwt_seg6_action bpf_lwt_seg6_adjust_srh bpf_lwt_seg6_store_bytes bpf_msg_pop_data "
      "bpf_msg_pull_data bpf_msg_push_data bpf_skb_adjust_room bpf_skb_change_head "
      "bpf_skb_change_proto bpf_skb_change_tail bpf_skb_pull_data bpf_skb_store_bytes "
      "bpf_skb_vlan_pop bpf_skb_vlan_push bpf_store_hdr_opt bpf_xdp_adjust_head "
      "bpf_xdp_adjust_meta bpf_xdp_adjust_tail",
      function);
}

bool releases(std::string_view function) {
  for (const std::string_view ending : {"_submit", "_discard", "_release", "_drop"}) {
    if (function.size() > ending.size() &&
        part_behind(function, function.size() - ending.size()) == ending)
      return true;
  }
  return false;
}

}  // namespace ebpfkit::detail
