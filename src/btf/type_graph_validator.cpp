#include "btf/type_graph_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using name_rule = btf_name_rule;

// The classes of bytes in the string section.
enum : std::uint8_t { not_in_identifier = 0, digit = 1, letter = 2 };

constexpr auto byte_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 'a'; c <= 'z'; ++c)
    classes[c] = classes[c - 'a' + 'A'] = letter;
  for (std::size_t c = '0'; c <= '9'; ++c)
    classes[c] = digit;
  classes['_'] = letter;
  return classes;
}();

std::uint8_t class_of(char c) {
  return byte_classes[static_cast<unsigned char>(c)];
}

// True for the names of `long`, which has the size of pointers. libbpf relies on the same names.
bool is_long_integer(std::string_view name) {
  static constexpr std::array<std::string_view, 11> names = {"long",
                                                             "long int",
                                                             "int long",
                                                             "unsigned long",
                                                             "long unsigned",
                                                             "unsigned long int",
                                                             "unsigned int long",
                                                             "long unsigned int",
                                                             "long int unsigned",
                                                             "int unsigned long",
                                                             "int long unsigned"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What names a kind has, and which of its words are type ids (<linux/btf.h>). The first word of an
// item is its name.
struct kind_shape {
  name_rule name = name_rule::empty;
  name_rule item_name = name_rule::none;
  bool refers = false;  // the third word of the head is a type id
  // Index of the first type id in an item, or in the fixed words, and how many type ids follow each
  // other from there.
  std::uint8_t reference = 0;
  std::uint8_t references = 0;
};

constexpr auto kind_shapes = [] {
  using enum btf_name_rule;
  std::array<kind_shape, 20> shapes{};
  const auto set = [&](type_kind kind, kind_shape shape) {
    shapes[static_cast<std::size_t>(kind)] = shape;
  };
  set(type_kind::integer, {words, none});
  set(type_kind::floating_point, {words, none});
  set(type_kind::pointer, {empty, none, true});
  set(type_kind::volatile_qualifier, {empty, none, true});
  set(type_kind::const_qualifier, {empty, none, true});
  set(type_kind::restrict_qualifier, {empty, none, true});
  set(type_kind::array, {empty, none, false, 0, 2});
  set(type_kind::structure, {identifier_or_empty, identifier_or_empty, false, 1, 1});
  set(type_kind::union_type, {identifier_or_empty, identifier_or_empty, false, 1, 1});
  set(type_kind::enumeration, {identifier_or_empty, identifier});
  set(type_kind::enumeration64, {identifier_or_empty, identifier});
  set(type_kind::forward, {identifier, none});
  set(type_kind::type_definition, {identifier, none, true});
  set(type_kind::function_prototype, {empty, identifier_or_empty, true, 1, 1});
  set(type_kind::function, {printable, none, true});
  set(type_kind::variable, {printable, none, true});
  set(type_kind::data_section, {printable, none, false, 0, 1});
  set(type_kind::declaration_tag, {any_text, none, true});
  set(type_kind::type_tag, {any_text, none, true});
  return shapes;
}();

// Returns the bytes of the first character of `text` when it is printable ASCII or well-formed
// UTF-8 of another character that is no control character, and 0 otherwise.
std::size_t first_printable_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(0) < 0x80)
    return byte(0) >= ' ' && byte(0) <= '~' ? 1 : 0;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  std::uint32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80)
      return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  // The smallest code for which so many bytes are right; U+0080 to U+009F are control characters.
  constexpr std::uint32_t smallest[] = {0, 0, 0xa0, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  return byte(0) < 0xc0 || byte(0) > 0xf4 || code < smallest[length] || code > 0x10ffff ||
                 is_surrogate
             ? 0
             : length;
}

bool is_printable_text(std::string_view text) {
  while (!text.empty()) {
    const auto length = first_printable_character(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

bool may_be_empty(name_rule rule) {
  return rule == name_rule::empty || rule == name_rule::identifier_or_empty;
}

}  // namespace

void fail_unsound_type(const type_graph& graph, type_id type, const std::string& problem) {
  throw failure(fmt::format("BTF type {} ({}): {}", type, kind_name(graph.kind(type)), problem),
                "The BTF is damaged, or newer than this program; make it again.");
}

void fail_names(const type_graph& graph, type_id type) {
  throw failure(
      fmt::format("BTF type {} ({}): its name, or a name that it shows, is not a name that "
                  "C allows",
                  type, kind_name(graph.kind(type))),
      "Ask for other types. Such names come from the parts of a kernel that are written in "
      "Rust, or from damage: then make the BTF again.");
}

type_graph_validator::type_graph_validator(type_graph& graph, bool allows_other_names)
    : graph_(graph), allows_other_names_(allows_other_names) {}

void type_graph_validator::run() {
  runs_ = true;
  other_names_.clear();
  find_identifiers();
  enter_types([&](type_id type, const std::uint32_t* words, std::size_t length) {
    check_names(type, words, length);
  });
  // Only after the names of all types are checked: a message may contain any of them.
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    check_references(type);
  type_graph_nesting(graph_).run();
  find_types_that_show_other_names();
  runs_ = false;
}

// Whether the C text of a type of the base shows a name that C does not allow.
bool type_graph_validator::shows_other_names(type_id type, bool behind_pointer) const {
  const auto* graph = &graph_;
  while (type < graph->first_own_ && graph->base_)
    graph = graph->base_.get();
  const auto at = std::size_t{type_id{type - graph->first_own_}} * 2 + (behind_pointer ? 1 : 0);
  return at < graph->shows_other_names_.size() && graph->shows_other_names_[at];
}

// Calls `visit` with each type that the C text of `type` shows, and whether it stands behind a
// pointer there. Follows the types as type_graph_nesting does.
template <class Visit>
void type_graph_validator::visit_shown_types(type_id type, bool behind_pointer, Visit visit) const {
  switch (graph_.kind(type)) {
    case type_kind::structure:
    case type_kind::union_type:
      // Behind a pointer, C shows only the name of a record that has one.
      if (behind_pointer && !graph_.name(type).empty())
        return;
      for (const auto& member : graph_.members(type))
        visit(member.type, false);
      return;
    case type_kind::pointer:
      return visit(graph_.target(type), true);
    case type_kind::array:
      return visit(graph_.array(type).element, behind_pointer);
    case type_kind::function_prototype:
      for (const auto& parameter : graph_.parameters(type))
        visit(parameter.type, behind_pointer);
      return visit(graph_.target(type), behind_pointer);
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
    case type_kind::function:
      return visit(graph_.target(type), behind_pointer);
    default:
      return;
  }
}

// Goes from the types with such names to those that show them. Few BTFs have such names.
void type_graph_validator::find_types_that_show_other_names() {
  auto& shows = graph_.shows_other_names_;
  shows.clear();
  if (other_names_.empty() && (!graph_.base_ || graph_.base_->shows_other_names_.empty()))
    return;
  shows.assign(graph_.kinds_.size() * 2, false);
  const auto node_of = [&](type_id type, bool behind_pointer) {
    return std::size_t{type - graph_.first_own_} * 2 + (behind_pointer ? 1 : 0);
  };
  std::vector<std::size_t> found;
  const auto add = [&](std::size_t node) {
    if (!shows[node])
      found.push_back(node);
    shows[node] = true;
  };
  for (const auto type : other_names_) {
    const auto& shape = kind_shapes[static_cast<std::size_t>(graph_.kind(type))];
    add(node_of(type, false));
    const bool shows_members = !graph_.is_record(type) || graph_.name(type).empty();
    if (shows_members || !name_obeys(graph_.name(type), shape.name))
      add(node_of(type, true));
  }
  std::vector<std::pair<std::size_t, std::size_t>> users;  // a node, and one that shows it
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type) {
    for (const bool behind_pointer : {false, true}) {
      const auto user = node_of(type, behind_pointer);
      visit_shown_types(type, behind_pointer, [&](type_id shown, bool is_behind_pointer) {
        if (shown >= graph_.first_own_)
          users.emplace_back(node_of(shown, is_behind_pointer), user);
        else if (shows_other_names(shown, is_behind_pointer))
          add(user);
      });
    }
  }
  std::ranges::sort(users);
  while (!found.empty()) {
    const auto node = found.back();
    found.pop_back();
    const auto first = std::ranges::lower_bound(users, std::pair(node, std::size_t{0}));
    for (auto each = first; each != users.end() && each->first == node; ++each)
      add(each->second);
  }
}

void type_graph_validator::run_on_use() {
  std::uint32_t last_name = 0;
  type_id last_type = 0;
  std::vector<type_id> integers;
  try {
    enter_types([&](type_id type, const std::uint32_t* words, std::size_t length) {
      const auto kind = graph_.kinds_.back();
      const auto& shape = kind_shapes[static_cast<std::size_t>(kind)];
      last_name = std::max(last_name, words[0]);
      if (shape.refers)
        last_type = std::max(last_type, words[2]);
      if (kind == type_kind::integer)
        integers.push_back(type);
      const bool has_names = shape.item_name != name_rule::none;
      const auto& [fixed, each] = btf_kind_lengths[static_cast<std::size_t>(kind)];
      const std::size_t stride = each != 0 ? each : fixed - 3U;
      for (std::size_t item = 3; item < length; item += stride) {
        if (has_names)
          last_name = std::max(last_name, words[item]);
        for (std::size_t i = 0; i < shape.references; ++i)
          last_type = std::max(last_type, words[item + shape.reference + i]);
      }
    });
    if (!graph_.contains(last_type) || (last_name != 0 && last_name >= graph_.text_.size()))
      return run();
    for (const auto type : integers)
      check_scalar(type);
  } catch (const failure&) {
    // The message may contain names that were not checked. `run` checks them and has its own
    // message.
    run();
    throw;
  }
  nesting_ = std::make_unique<type_graph_nesting>(graph_, this);
}

void type_graph_validator::check(type_id type) {
  if (!nesting_)
    return;  // `run_on_use` already called `run`
  try {
    nesting_->check(type);
  } catch (const failure&) {
    run();
    throw;
  }
}

void type_graph_validator::check_type(type_id type) {
  const auto own = type - graph_.first_own_;
  const auto begin = graph_.positions_[own];
  const auto end =
      own + 1 < graph_.positions_.size() ? graph_.positions_[own + 1] : graph_.words_.size();
  check_names(type, graph_.words_.data() + begin, end - begin);
  check_references(type);
}

void type_graph_validator::fail(type_id type, const std::string& problem) const {
  fail_unsound_type(graph_, type, problem);
}

inline bool type_graph_validator::is_known_identifier(std::uint32_t offset) const {
  // Offsets of the base's strings wrap to huge numbers.
  const std::size_t own = std::uint32_t{offset - graph_.first_own_text_};
  return own / 64 < identifiers_.size() && (identifiers_[own / 64] >> own % 64 & 1) != 0;
}

inline void type_graph_validator::check_name(type_id type, std::uint32_t offset, name_rule rule) {
  const bool is_usual =
      offset == 0 ? may_be_empty(rule) : rule != name_rule::empty && is_known_identifier(offset);
  if (!is_usual)
    check_unusual_name(type, offset, rule);
}

void type_graph_validator::check_names(type_id type, const std::uint32_t* words,
                                       std::size_t length) {
  const auto& shape = kind_shapes[static_cast<std::size_t>(graph_.kind(type))];
  check_name(type, words[0], shape.name);
  if (shape.item_name == name_rule::none)
    return;
  const auto words_each = btf_words_per_item(words[1]);
  for (std::size_t item = 3; item < length; item += words_each)
    check_name(type, words[item], shape.item_name);
}

// Finds where each type begins. Calls `visit` with its id, its words and their number.
template <class Visit>
void type_graph_validator::enter_types(Visit visit) {
  const auto& words = graph_.words_;
  graph_.positions_.clear();
  graph_.kinds_.clear();
  graph_.positions_.reserve(words.size() / 5);
  graph_.kinds_.reserve(words.size() / 5);
  std::size_t position = 0;
  while (position < words.size()) {
    const auto type = graph_.type_count();
    if (type > most_btf_types)
      throw failure(fmt::format("the BTF has more than {} types", most_btf_types),
                    "Linux accepts no more: check where the file comes from.");
    if (words.size() - position < 3)
      throw failure(fmt::format("BTF type {} is cut off", type));
    const auto* header = words.data() + position;
    const auto kind = btf_kind_number(header[1]);
    if (kind == 0 || kind >= kind_shapes.size())
      throw failure(fmt::format("BTF type {} has the unknown kind {}", type, kind),
                    "Kinds 1 (int) to 19 (enum64) are known: the BTF is damaged or newer.");
    if ((header[1] & btf_unknown_info_bits) != 0)
      throw failure(fmt::format("BTF type {} has unknown flags (info {:#x})", type, header[1]));
    const auto& [fixed, each] = btf_kind_lengths[kind];
    const auto length = fixed + btf_item_count(header[1]) * each;
    if (words.size() - position < length)
      throw failure(fmt::format("BTF type {} is cut off", type));
    graph_.positions_.push_back(static_cast<std::uint32_t>(position));
    graph_.kinds_.push_back(static_cast<type_kind>(kind));

    visit(type, header, std::size_t{length});
    position += length;
  }
}

// Marks where an identifier stands alone between two NULs in the string section. Nearly all names
// are such identifiers. This examines each once, however many types use it.
void type_graph_validator::find_identifiers() {
  const auto text = graph_.text_;
  identifiers_.assign(text.size() / 64 + 1, 0);
  std::size_t position = 0;
  while (position < text.size()) {
    // The last byte is NUL and ends the loop at the latest.
    const auto begin = position;
    while (class_of(text[position]) != not_in_identifier)
      ++position;
    const bool is_identifier = text[position] == '\0' && position != begin &&
                               position - begin <= longest_btf_identifier &&
                               class_of(text[begin]) == letter;
    identifiers_[begin / 64] |= std::uint64_t{is_identifier} << begin % 64;
    if (text[position] != '\0')
      position = text.find('\0', position);
    ++position;
  }
}

void type_graph_validator::check_unusual_name(type_id type, std::uint32_t offset, name_rule rule) {
  const auto text_end = graph_.first_own_text_ + graph_.text_.size();
  // Offset 0 is the empty string, even in split BTF that has no strings of its own.
  if (offset != 0 && offset >= text_end)
    fail(type, fmt::format("its name is at {}, beyond the string section", offset));
  // C shows these as names.
  const bool is_c_name = rule == name_rule::identifier || rule == name_rule::identifier_or_empty ||
                         rule == name_rule::words;
  const bool may_be_other = is_c_name && runs_ && allows_other_names_;
  const auto longest = is_c_name && !may_be_other ? longest_btf_identifier : longest_btf_name;
  const auto name = bounded_btf_name(offset == 0 ? "" : graph_.text(offset), longest);
  if (rule != name_rule::none && rule != name_rule::empty && name.size() > longest)
    fail(type, fmt::format("its name or the name of one of its parts is longer than {} characters",
                           longest));
  if (name_obeys(name, rule) && !(is_c_name && name.size() > longest_btf_identifier))
    return;
  // Rust allows letters of other languages.
  if (rule == name_rule::printable && runs_ && allows_other_names_ && !name.empty() &&
      is_printable_text(name))
    return;
  if (may_be_other && is_printable_text(name))
    other_names_.push_back(type);
  else if (is_c_name)
    fail_names(graph_, type);
  else if (rule == name_rule::any_text)
    fail(type, "its text is empty, which the kernel refuses");
  else
    fail(type, "a name stands where none may be, or a name is missing or cannot be printed");
}

bool type_graph_validator::name_obeys(std::string_view name, name_rule rule) {
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  switch (rule) {
    case name_rule::none:
    case name_rule::empty:
      return name.empty();
    case name_rule::words:
      return is_c_identifier(name.substr(0, name.find(' '))) &&
             std::all_of(name.begin(), name.end(),
                         [](char c) { return c == ' ' || class_of(c) != not_in_identifier; });
    case name_rule::printable:
      return !name.empty() && std::all_of(name.begin(), name.end(), is_printable);
    case name_rule::any_text:
      return !name.empty();
    case name_rule::identifier_or_empty:
      if (name.empty())
        return true;
      break;
    case name_rule::identifier:
      break;
  }
  return is_c_identifier(name);
}

inline void type_graph_validator::check_reference(type_id type, type_id to) const {
  const std::size_t own = type_id{to - graph_.first_own_};
  if (own >= graph_.kinds_.size() || !is_type(graph_.kinds_[own]))
    check_unusual_reference(type, to);
}

// Handles references to `void` and to the base's types, and wrong ones.
void type_graph_validator::check_unusual_reference(type_id type, type_id to) const {
  if (!graph_.contains(to))
    fail(type, fmt::format("it refers to type {}, which does not exist", to));
  if (!is_type(graph_.kind(to)))
    fail(type, fmt::format("it refers to {} as if that were a type", graph_.describe(to)));
}

void type_graph_validator::check_references(type_id type) {
  const auto* header = graph_.header(type);
  const auto check_items = [&](std::uint32_t words_each) {
    const auto* end = header + 3 + std::size_t{btf_item_count(header[1])} * words_each;
    for (const auto* item = header + 3; item != end; item += words_each)
      check_reference(type, item[1]);
  };
  switch (graph_.kind(type)) {
    case type_kind::integer:
    case type_kind::floating_point:
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return check_scalar(type);
    case type_kind::pointer:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
      return check_reference(type, header[2]);
    case type_kind::variable:
      if (graph_.linkage(type) > symbol_linkage::external)
        fail(type, "its linkage is unknown");
      return check_reference(type, header[2]);
    case type_kind::function:
      if (graph_.linkage(type) > symbol_linkage::external)
        fail(type, "its linkage is unknown");
      if (!graph_.contains(header[2]) || graph_.kind(header[2]) != type_kind::function_prototype)
        fail(type, fmt::format("its type {} is not a prototype", header[2]));
      return;
    case type_kind::array:
      check_reference(type, graph_.array(type).index);
      return check_reference(type, graph_.array(type).element);
    case type_kind::structure:
    case type_kind::union_type:
      return check_items(3);
    case type_kind::function_prototype:
      check_reference(type, header[2]);
      return check_items(2);
    case type_kind::data_section:
      for (const auto& entry : graph_.section_entries(type)) {
        if (!graph_.contains(entry.variable) || is_type(graph_.kind(entry.variable)))
          fail(type, fmt::format("its entry {} is not a variable", entry.variable));
      }
      return;
    case type_kind::declaration_tag: {
      const auto target = header[2];
      if (target == 0 || !graph_.contains(target))
        fail(type, fmt::format("it refers to type {}, which does not exist", target));
      return;
    }
    default:
      return;
  }
}

// Checks sizes that do not depend on other types. Finds the size of pointers.
void type_graph_validator::check_scalar(type_id type) {
  const auto size = graph_.header(type)[2];
  const auto is_one_of = [&](std::initializer_list<std::uint32_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
  };
  switch (graph_.kind(type)) {
    case type_kind::integer: {
      const auto encoding = graph_.integer(type);
      if (!is_one_of({1, 2, 4, 8, 16}) || encoding.bits + encoding.bit_offset > size * 8)
        fail(type, fmt::format("an integer of {} bytes and {} bits", size, encoding.bits));
      if (!graph_.base_ && graph_.pointer_size_type_ == 0 && is_one_of({4, 8}) &&
          is_long_integer(graph_.name(type))) {
        graph_.pointer_size_ = size;
        graph_.pointer_size_type_ = type;
      }
      return;
    }
    case type_kind::floating_point:
      if (!is_one_of({2, 4, 8, 12, 16}))
        fail(type, fmt::format("a float of {} bytes", size));
      return;
    default:
      // clang gives size 0 to an enum that is only declared.
      if (!is_one_of({1, 2, 4, 8}) && !(size == 0 && graph_.item_count(type) == 0))
        fail(type, fmt::format("an enum of {} bytes", size));
  }
}

}  // namespace ebpfkit::host
