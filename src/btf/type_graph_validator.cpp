#include "btf/type_graph_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "support/failure.hpp"

namespace ebpfkit {

namespace {

// Values of depths_ that are not depths.
constexpr std::uint32_t not_visited = 0;
constexpr std::uint32_t in_progress = std::numeric_limits<std::uint32_t>::max();

// C text repeats anonymous types at every use, and libbpf visits embedded records at every use, so
// a small BTF of nested types could ask for endless text. Linux needs less than 4 visits a word of
// its BTF; a BTF may take this many a word, and `free_visits` whatever its size. 64 bits of padding
// count as a visit, since libbpf writes a line for them.
constexpr std::uint64_t visits_per_word = 64;
constexpr std::uint64_t free_visits = 1 << 16;

// The kernel's own limit (KSYM_NAME_LEN): a longer name could be repeated to gigabytes of C text.
constexpr std::size_t maximum_name_length = 511;

// Kinds that are types, as opposed to things that have a type.
bool is_type(type_kind kind) {
  switch (kind) {
    case type_kind::function:
    case type_kind::variable:
    case type_kind::data_section:
    case type_kind::declaration_tag:
      return false;
    default:
      return true;
  }
}

// Types of which a struct can hold a value.
bool has_values(type_kind kind) {
  switch (kind) {
    case type_kind::integer:
    case type_kind::pointer:
    case type_kind::array:
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
    case type_kind::floating_point:
      return true;
    default:
      return false;
  }
}

std::uint32_t saturate(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

type_graph_validator::type_graph_validator(type_graph& graph) : graph_(graph) {}

void type_graph_validator::run() {
  known_identifiers_.assign(graph_.text_.size(), false);
  enter_types();
  // Each step relies on the one before for all types: a message may name any of them.
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    check_names(type);
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    check_references(type);
  check_nesting();
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    check_size(type);
}

void type_graph_validator::fail(type_id type, const std::string& problem) const {
  throw failure(fmt::format("BTF type {} ({}): {}", type, kind_name(graph_.kind(type)), problem),
                "The BTF is damaged, or newer than this program; make it again.");
}

// Finds where each type begins. Nothing behind the three words of a type's head is looked at.
void type_graph_validator::enter_types() {
  const auto& words = graph_.words_;
  graph_.entries_.reserve(words.size() / 5);
  std::size_t position = 0;
  while (position < words.size()) {
    const auto type = graph_.type_count();
    if (type == std::numeric_limits<type_id>::max())
      throw failure("the BTF has too many types");
    if (words.size() - position < 3)
      throw failure(fmt::format("BTF type {} is cut off", type));
    const auto* header = words.data() + position;
    const auto kind = header[1] >> 24 & 0x1f;
    if (kind == 0 || kind > static_cast<std::uint32_t>(type_kind::enumeration64))
      throw failure(fmt::format("BTF type {} has the unknown kind {}", type, kind),
                    "Kinds 1 (int) to 19 (enum64) are known: the BTF is damaged or newer.");
    if ((header[1] & 0x60ff0000) != 0)
      throw failure(fmt::format("BTF type {} has unknown flags (info {:#x})", type, header[1]));
    const auto length = 3 + item_words(type, header);
    if (words.size() - position < length)
      throw failure(fmt::format("BTF type {} is cut off", type));
    graph_.entries_.push_back(
        {static_cast<std::uint32_t>(position), static_cast<type_kind>(kind), 0, 0});
    position += length;
  }
}

// Words behind the head of a type (<linux/btf.h>).
std::uint32_t type_graph_validator::item_words(type_id type, const std::uint32_t* header) const {
  const auto count = header[1] & 0xffff;
  switch (static_cast<type_kind>(header[1] >> 24 & 0x1f)) {
    case type_kind::integer:
    case type_kind::variable:
    case type_kind::declaration_tag:
      return 1;
    case type_kind::array:
      return 3;
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::data_section:
    case type_kind::enumeration64:
      return count * 3;
    case type_kind::enumeration:
    case type_kind::function_prototype:
      return count * 2;
    case type_kind::void_type:
    case type_kind::pointer:
    case type_kind::forward:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::function:
    case type_kind::floating_point:
    case type_kind::type_tag:
      return 0;
  }
  throw failure(fmt::format("BTF type {} has an unknown kind", type));
}

void type_graph_validator::check_names(type_id type) {
  const auto* header = graph_.header(type);
  const auto count = graph_.item_count(type);
  const auto check_items = [&](std::uint32_t words_each, name_rule rule) {
    for (std::uint32_t i = 0; i < count; ++i)
      check_name(type, header[3 + i * words_each], rule);
  };
  switch (graph_.kind(type)) {
    case type_kind::integer:
    case type_kind::floating_point:
      return check_name(type, header[0], name_rule::words);
    case type_kind::structure:
    case type_kind::union_type:
      check_name(type, header[0], name_rule::identifier_or_empty);
      return check_items(3, name_rule::identifier_or_empty);
    case type_kind::enumeration:
      check_name(type, header[0], name_rule::identifier_or_empty);
      return check_items(2, name_rule::identifier);
    case type_kind::enumeration64:
      check_name(type, header[0], name_rule::identifier_or_empty);
      return check_items(3, name_rule::identifier);
    case type_kind::forward:
    case type_kind::type_definition:
      return check_name(type, header[0], name_rule::identifier);
    case type_kind::function_prototype:
      check_name(type, header[0], name_rule::empty);
      return check_items(2, name_rule::identifier_or_empty);
    case type_kind::function:
    case type_kind::variable:
    case type_kind::data_section:
    case type_kind::declaration_tag:
    case type_kind::type_tag:
      return check_name(type, header[0], name_rule::printable);
    default:
      return check_name(type, header[0], name_rule::empty);
  }
}

void type_graph_validator::check_name(type_id type, std::uint32_t offset, name_rule rule) {
  const auto text_end = graph_.first_own_text_ + graph_.text_.size();
  // Offset 0 is the empty string, also for split BTF without strings of its own.
  if (offset != 0 && offset >= text_end)
    fail(type, fmt::format("its name is at {}, beyond the string section", offset));
  if (!name_obeys(offset, rule))
    fail(type, "the name of it or of a part of it is not one that C allows");
}

bool type_graph_validator::name_obeys(std::uint32_t offset, name_rule rule) {
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (offset == 0)
    return rule == name_rule::empty || rule == name_rule::identifier_or_empty;
  // The same few names come again and again: look at each once.
  const bool is_own = offset >= graph_.first_own_text_;
  const bool is_identifier = is_own && known_identifiers_[offset - graph_.first_own_text_];
  if (is_identifier && rule != name_rule::empty)
    return true;
  const std::string_view name = graph_.text(offset);
  switch (rule) {
    case name_rule::empty:
      return name.empty();
    case name_rule::words:
      return name.size() <= maximum_name_length &&
             is_c_identifier(name.substr(0, name.find(' '))) &&
             std::all_of(name.begin(), name.end(), [](char c) {
               return c == ' ' || is_c_identifier({&c, 1}) || (c >= '0' && c <= '9');
             });
    case name_rule::printable:
      return !name.empty() && std::all_of(name.begin(), name.end(), is_printable);
    case name_rule::identifier:
    case name_rule::identifier_or_empty:
      break;
  }
  if (name.empty())
    return rule == name_rule::identifier_or_empty;
  if (name.size() > maximum_name_length || !is_c_identifier(name))
    return false;
  if (is_own)
    known_identifiers_[offset - graph_.first_own_text_] = true;
  return true;
}

void type_graph_validator::check_reference(type_id type, type_id to) const {
  if (!graph_.contains(to))
    fail(type, fmt::format("it refers to type {}, which does not exist", to));
  if (!is_type(graph_.kind(to)))
    fail(type, fmt::format("it refers to {} as if that were a type", graph_.describe(to)));
}

void type_graph_validator::check_references(type_id type) const {
  switch (graph_.kind(type)) {
    case type_kind::pointer:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
      return check_reference(type, graph_.target(type));
    case type_kind::variable:
      if (graph_.linkage(type) > symbol_linkage::external)
        fail(type, "its linkage is unknown");
      return check_reference(type, graph_.target(type));
    case type_kind::function:
      if (graph_.linkage(type) > symbol_linkage::external)
        fail(type, "its linkage is unknown");
      if (!graph_.contains(graph_.target(type)) ||
          graph_.kind(graph_.target(type)) != type_kind::function_prototype)
        fail(type, fmt::format("its type {} is not a prototype", graph_.target(type)));
      return;
    case type_kind::array:
      check_reference(type, graph_.array(type).index);
      return check_reference(type, graph_.array(type).element);
    case type_kind::structure:
    case type_kind::union_type:
      for (const auto& field : graph_.members(type))
        check_reference(type, field.type);
      return;
    case type_kind::function_prototype:
      check_reference(type, graph_.target(type));
      for (const auto& parameter : graph_.parameters(type))
        check_reference(type, parameter.type);
      return;
    case type_kind::data_section:
      for (const auto& entry : graph_.section_entries(type)) {
        if (!graph_.contains(entry.variable) || is_type(graph_.kind(entry.variable)))
          fail(type, fmt::format("its entry {} is not a variable", entry.variable));
      }
      return;
    case type_kind::declaration_tag: {
      const auto target = graph_.target(type);
      if (target == 0 || !graph_.contains(target))
        fail(type, fmt::format("it refers to type {}, which does not exist", target));
      return;
    }
    default:
      return;
  }
}

// Needs `check_nesting` to have passed.
void type_graph_validator::check_size(type_id type) const {
  const auto size = graph_.header(type)[2];
  const auto is_one_of = [&](std::initializer_list<std::uint32_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
  };
  switch (graph_.kind(type)) {
    case type_kind::integer: {
      const auto encoding = graph_.integer(type);
      if (!is_one_of({1, 2, 4, 8, 16}) || encoding.bits + encoding.bit_offset > size * 8)
        fail(type, fmt::format("an integer of {} bytes and {} bits", size, encoding.bits));
      return;
    }
    case type_kind::floating_point:
      if (!is_one_of({2, 4, 8, 12, 16}))
        fail(type, fmt::format("a float of {} bytes", size));
      return;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      // Size 0: clang's way to say that the enum is only declared.
      if (!is_one_of({1, 2, 4, 8}) && !(size == 0 && graph_.item_count(type) == 0))
        fail(type, fmt::format("an enum of {} bytes", size));
      return;
    case type_kind::array:
      check_value(type, graph_.array(type).element, "elements");
      if (graph_.size_of(type) > std::numeric_limits<std::uint32_t>::max())
        fail(type, "the array is larger than 4 GiB");
      return;
    case type_kind::structure:
    case type_kind::union_type:
      return check_members(type);
    default:
      return;
  }
}

void type_graph_validator::check_value(type_id type, type_id of, const char* what) const {
  const auto value = graph_.skip_wrappers(of);
  if (!has_values(graph_.kind(value)))
    fail(type, fmt::format("its {} are of {}, which has no values", what, graph_.describe(value)));
}

void type_graph_validator::check_members(type_id type) const {
  const auto size_in_bits = graph_.size_of(type) * 8;
  for (const auto& field : graph_.members(type)) {
    check_value(type, field.type, "members");
    const auto member_bytes = graph_.size_of(field.type);
    if (member_bytes > std::numeric_limits<std::uint32_t>::max())
      fail(type, "a member is larger than 4 GiB");
    if (field.bitfield_size > member_bytes * 8)
      fail(type, fmt::format("bitfield '{}' is wider than its type", field.name));
    const auto bits = field.bitfield_size != 0 ? field.bitfield_size : member_bytes * 8;
    if (field.bit_offset + bits > size_in_bits)
      fail(type, fmt::format("member '{}' goes beyond the end", field.name));
  }
}

std::uint32_t type_graph_validator::child_count(node at) const {
  switch (graph_.kind(at.type)) {
    case type_kind::pointer:
    case type_kind::array:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
      return 1;
    case type_kind::function_prototype:
      return 1 + graph_.item_count(at.type);
    case type_kind::structure:
    case type_kind::union_type:
      return graph_.item_count(at.type);
    default:
      return 0;  // functions and variables are no part of other types
  }
}

type_graph_validator::node type_graph_validator::child(node at, std::uint32_t index) const {
  switch (graph_.kind(at.type)) {
    case type_kind::pointer:
      return {graph_.target(at.type), true};
    case type_kind::array:
      return {graph_.array(at.type).element, at.behind_pointer};
    case type_kind::function_prototype:
      return {index == 0 ? graph_.target(at.type) : graph_.parameter(at.type, index - 1).type,
              at.behind_pointer};
    case type_kind::structure:
    case type_kind::union_type:
      return {graph_.member(at.type, index).type, false};
    default:
      return {graph_.target(at.type), at.behind_pointer};
  }
}

std::size_t type_graph_validator::node_index(node at) const {
  return std::size_t{at.type - graph_.first_own_} * 2 + (at.behind_pointer ? 1 : 0);
}

// The expansion of a node that has no children to walk; 0 when it has some. Named records behind
// pointers have none, since a forward declaration satisfies those, and the base's types were walked
// with the base.
std::uint32_t type_graph_validator::leaf_expansion(node at) const {
  const bool is_base = at.type < graph_.first_own_;
  switch (graph_.kind(at.type)) {
    case type_kind::structure:
    case type_kind::union_type:
      if (at.behind_pointer && !graph_.name(at.type).empty())
        return 1;
      break;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return 1 + (graph_.name(at.type).empty() ? graph_.item_count(at.type) : 0);
    case type_kind::pointer:
    case type_kind::array:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
    case type_kind::function_prototype:
      break;
    default:
      return 1;
  }
  return is_base ? graph_.expansion(at.type) : 0;
}

void type_graph_validator::check_nesting() {
  depths_.assign(graph_.entries_.size() * 2, not_visited);
  expansions_.assign(graph_.entries_.size() * 2, 0);
  std::uint64_t visits = 0;
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type) {
    const node root{type, false};
    auto expansion = leaf_expansion(root);
    if (expansion == 0) {
      if (depths_[node_index(root)] == not_visited)
        walk(root);
      expansion = expansions_[node_index(root)];
    }
    graph_.entries_[type - graph_.first_own_].expansion = expansion;
    visits += expansion;
    if (visits > free_visits + visits_per_word * graph_.words_.size())
      fail(type, "the types are nested in a way that would make their C text enormous");
  }
}

// Depth-first search from `root` with a stack of its own: input must not choose how deep we
// recurse.
void type_graph_validator::walk(node root) {
  auto& stack = stack_;
  const auto enter = [&](node at) {
    depths_[node_index(at)] = in_progress;
    stack.push_back({at, child_count(at)});
  };
  enter(root);
  while (!stack.empty()) {
    auto& current = stack.back();
    if (current.next_child == current.child_count) {
      const auto done = current;
      stack.pop_back();
      finish(done);
      continue;
    }
    const auto next = child(current.at, current.next_child);
    if (const auto expansion = leaf_expansion(next); expansion != 0) {
      current.expansion += expansion;
      current.depth = std::max(current.depth, 1U);
      ++current.next_child;
      continue;
    }
    const auto depth = depths_[node_index(next)];
    if (depth == in_progress)
      fail(next.type, "it contains itself");
    if (depth == not_visited) {
      enter(next);
      continue;
    }
    current.expansion += expansions_[node_index(next)];
    current.depth = std::max(current.depth, depth);
    ++current.next_child;
  }
}

// Lines that libbpf writes for the gaps between the record's members.
std::uint64_t type_graph_validator::padding_lines(type_id record) const {
  std::uint64_t end = 0;
  std::uint64_t gaps = 0;
  for (const auto& field : graph_.members(record)) {
    const auto bits =
        field.bitfield_size != 0 ? field.bitfield_size : graph_.size_of(field.type) * 8;
    if (field.bit_offset > end)
      gaps += field.bit_offset - end;
    end = field.bit_offset + bits;
  }
  const auto size_in_bits = graph_.size_of(record) * 8;
  return (gaps + (size_in_bits > end ? size_in_bits - end : 0)) / 64;
}

void type_graph_validator::finish(const visit& done) {
  if (done.depth >= type_graph::maximum_depth)
    fail(done.at.type, fmt::format("it is nested more than {} deep", type_graph::maximum_depth));
  depths_[node_index(done.at)] = done.depth + 1;
  const auto padding = graph_.is_record(done.at.type) ? padding_lines(done.at.type) : 0;
  expansions_[node_index(done.at)] = saturate(done.expansion + padding);
}

}  // namespace ebpfkit
