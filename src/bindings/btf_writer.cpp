#include "bindings/btf_writer.hpp"

#include <fmt/format.h>
#include <linux/btf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bindings/record_layout.hpp"

namespace ebpfkit::host {

namespace {

// The name of an integer or float type in C for BPF.
struct spelling {
  std::string_view name;
  std::uint32_t size;
};

// The names that compilers write in BTF_KIND_INT and BTF_KIND_FLOAT, with their sizes on BPF.
constexpr std::array<spelling, 39> known_spellings = {{
    {"char", 1},
    {"signed char", 1},
    {"unsigned char", 1},
    {"_Bool", 1},
    {"short", 2},
    {"short int", 2},
    {"signed short", 2},
    {"unsigned short", 2},
    {"short unsigned int", 2},
    {"unsigned short int", 2},
    {"int", 4},
    {"signed int", 4},
    {"signed", 4},
    {"unsigned int", 4},
    {"unsigned", 4},
    {"long", 8},
    {"long int", 8},
    {"signed long", 8},
    {"unsigned long", 8},
    {"long unsigned int", 8},
    {"unsigned long int", 8},
    {"long long", 8},
    {"long long int", 8},
    {"signed long long", 8},
    {"unsigned long long", 8},
    {"long long unsigned int", 8},
    {"unsigned long long int", 8},
    {"__int128", 16},
    {"__int128 unsigned", 16},
    {"unsigned __int128", 16},
    {"signed __int128", 16},
    {"__int128_t", 16},
    {"__uint128_t", 16},
    {"float", 4},
    {"double", 8},
    {"long double", 8},
    {"long double", 12},
    {"long double", 16},
    {"__float128", 16},
}};

std::string_view canonical_spelling(std::uint32_t size, bool is_signed) {
  switch (size) {
    case 1:
      return is_signed ? "signed char" : "unsigned char";
    case 2:
      return is_signed ? "short" : "unsigned short";
    case 4:
      return is_signed ? "int" : "unsigned int";
    case 8:
      return is_signed ? "long long" : "unsigned long long";
    default:
      return is_signed ? "__int128" : "unsigned __int128";
  }
}

constexpr std::uint32_t int_signed_bit = std::uint32_t{BTF_INT_SIGNED} << 24;
constexpr std::uint32_t int_char_bit = std::uint32_t{BTF_INT_CHAR} << 24;
constexpr std::uint32_t int_bool_bit = std::uint32_t{BTF_INT_BOOL} << 24;

class btf_writer {
 public:
  btf_writer(const type_graph& graph, const type_selection& selection)
      : graph_(graph), selection_(selection), layouts_(graph, selection) {}

  std::vector<std::uint8_t> run();

 private:
  void collect();
  void want(type_id type);
  void number();
  void write(type_id type);
  void write_number(type_id type);
  void write_record(type_id type);
  void write_enumeration(type_id type);
  void write_forward(type_id type);
  void write_guard();
  void write_kernel_functions();
  type_id guard_type() const {
    return static_cast<type_id>(written_.size() + padded_unions_.size() + 2);
  }
  void write_paddings();
  bool needs_padding(type_id type) const;
  type_id type_in_memory(type_id type) const;

  bool is_declaration(type_id type) const;
  std::string_view tag_keyword(type_id type) const;
  void claim_tags();
  std::uint32_t declared_name(type_id type);

  std::uint32_t text(std::string_view text);
  std::uint32_t append_text(std::string_view text);
  void head(std::string_view name, std::uint32_t kind, std::uint32_t count, bool flag,
            std::uint32_t size_or_type);
  std::uint32_t new_id(type_id type) const { return new_ids_[without_tags(type)]; }
  type_id without_tags(type_id type) const;

  const type_graph& graph_;
  const type_selection& selection_;
  record_layouts layouts_;
  std::vector<type_id> new_ids_;        // by old id; `not_written_yet` until number() runs
  std::vector<type_id> pending_;        // wanted types with references still to follow
  std::vector<type_id> written_;        // old ids in the order of the new ids
  std::vector<type_id> padded_unions_;  // the padding type of each stands after all other types
  bool has_guard_ = false;
  std::vector<std::uint32_t> words_;
  std::string text_ = std::string(1, '\0');
  std::unordered_map<std::string_view, std::uint32_t> text_offsets_;
  std::unordered_map<std::string_view, std::string_view> tags_;  // the C keyword of each tag
};

constexpr type_id not_wanted = 0;
constexpr type_id not_written_yet = std::numeric_limits<type_id>::max();

type_id btf_writer::without_tags(type_id type) const {
  while (graph_.kind(type) == type_kind::type_tag)
    type = graph_.target(type);
  return type;
}

std::vector<std::uint8_t> btf_writer::run() {
  collect();
  number();
  claim_tags();
  for (const auto type : written_)
    write(type);
  write_paddings();
  if (has_guard_)
    write_guard();
  write_kernel_functions();

  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof header;
  header.type_len = static_cast<std::uint32_t>(words_.size() * sizeof words_[0]);
  header.str_off = header.type_len;
  header.str_len = static_cast<std::uint32_t>(text_.size());
  std::vector<std::uint8_t> bytes(sizeof header + header.type_len + text_.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!words_.empty())
    std::memcpy(bytes.data() + sizeof header, words_.data(), header.type_len);
  std::memcpy(bytes.data() + sizeof header + header.type_len, text_.data(), text_.size());
  return bytes;
}

void btf_writer::want(type_id type) {
  type = without_tags(type);
  if (type == 0 || new_ids_[type] != not_wanted)
    return;
  new_ids_[type] = not_written_yet;
  pending_.push_back(type);
}

// The type to write for a member or an element of type `type`. Replaces __builtin_va_list by its
// target: a compiler for BPF would give it another layout than the kernel's.
type_id btf_writer::type_in_memory(type_id type) const {
  for (auto inner = type; graph_.is_wrapper(inner); inner = graph_.target(inner)) {
    if (graph_.kind(inner) == type_kind::type_definition &&
        graph_.name(inner) == "__builtin_va_list")
      return graph_.target(inner);
  }
  return type;
}

// True for a union that is larger than its members. For example, BTF has no members of Linux's
// transparent union release_pages_arg, but it has its size. libbpf pads structs only.
bool btf_writer::needs_padding(type_id type) const {
  if (graph_.kind(type) != type_kind::union_type ||
      selection_.extents[type] != record_extent::complete)
    return false;
  std::uint64_t size = 0;
  for (const auto& field : graph_.members(type))
    size = std::max(size, field.bitfield_size != 0 ? (field.bitfield_size + 7) / 8
                                                   : graph_.size_of(field.type));
  const std::uint64_t alignment = graph_.alignment_of(type);
  return (size + alignment - 1) / alignment * alignment < graph_.size_of(type);
}

// Finds all types to write: the roots and what they refer to.
void btf_writer::collect() {
  new_ids_.assign(graph_.type_count(), not_wanted);
  for (const auto root : selection_.roots)
    want(root);
  while (!pending_.empty()) {
    const auto type = pending_.back();
    pending_.pop_back();
    switch (graph_.kind(type)) {
      case type_kind::pointer:
        want(graph_.target(type));
        break;
      case type_kind::array:
        want(type_in_memory(graph_.array(type).element));
        break;
      case type_kind::function_prototype:
        want(graph_.target(type));
        for (const auto& parameter : graph_.parameters(type))
          want(parameter.type);
        break;
      case type_kind::structure:
      case type_kind::union_type:
        if (selection_.extents[type] == record_extent::complete) {
          for (const auto& field : graph_.members(type))
            want(type_in_memory(field.type));
        } else if (selection_.extents[type] == record_extent::members) {
          for (const auto index : selection_.members.at(type))
            want(type_in_memory(graph_.member(type, index).type));
        }
        break;
      default:
        if (graph_.is_wrapper(type))
          want(graph_.target(type));
    }
  }
}

void btf_writer::number() {
  for (type_id type = 1; type < graph_.type_count(); ++type) {
    if (new_ids_[type] != not_written_yet)
      continue;
    written_.push_back(type);
    new_ids_[type] = static_cast<type_id>(written_.size());
    if (needs_padding(type))
      padded_unions_.push_back(type);
  }
}

// True when C shows the type as `struct x;`.
bool btf_writer::is_declaration(type_id type) const {
  if (graph_.is_record(type))
    return selection_.extents[type] == record_extent::declared;
  if (graph_.is_enumeration(type))
    return graph_.enumerators(type).empty();
  return graph_.kind(type) == type_kind::forward;
}

std::string_view btf_writer::tag_keyword(type_id type) const {
  if (graph_.kind(type) == type_kind::forward)
    return graph_.is_forward_union(type) ? "union" : "struct";
  return kind_name(graph_.kind(type));
}

// Finds the C keyword of each tag: that of its definition or, without one, of its declaration.
void btf_writer::claim_tags() {
  for (const bool declarations : {false, true}) {
    for (const auto type : written_) {
      const bool has_tag = graph_.is_record(type) || graph_.is_enumeration(type) ||
                           graph_.kind(type) == type_kind::forward;
      if (has_tag && is_declaration(type) == declarations)
        tags_.emplace(graph_.name(type), tag_keyword(type));
    }
  }
}

// libbpf renames the second definition of a name (`x___2`), but not declarations. A declaration
// with another keyword than its tag's would not compile: rename it to a CO-RE flavour.
std::uint32_t btf_writer::declared_name(type_id type) {
  const auto name = graph_.name(type);
  const auto keyword = tag_keyword(type);
  if (name.empty() || tags_.at(name) == keyword)
    return text(name);
  return append_text(fmt::format("{}___{}", name, keyword));
}

std::uint32_t btf_writer::text(std::string_view text) {
  if (text.empty())
    return 0;
  const auto [entry, is_new] = text_offsets_.emplace(text, text_.size());
  return is_new ? append_text(text) : entry->second;
}

std::uint32_t btf_writer::append_text(std::string_view text) {
  const auto offset = static_cast<std::uint32_t>(text_.size());
  text_ += text;
  text_ += '\0';
  return offset;
}

void btf_writer::head(std::string_view name, std::uint32_t kind, std::uint32_t count, bool flag,
                      std::uint32_t size_or_type) {
  words_.push_back(text(name));
  words_.push_back((flag ? 1U << 31 : 0U) | kind << 24 | count);
  words_.push_back(size_or_type);
}

void btf_writer::write(type_id type) {
  switch (graph_.kind(type)) {
    case type_kind::integer:
    case type_kind::floating_point:
      return write_number(type);
    case type_kind::structure:
    case type_kind::union_type:
      return is_declaration(type) ? write_forward(type) : write_record(type);
    case type_kind::forward:
      return write_forward(type);
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return write_enumeration(type);
    case type_kind::array:
      head({}, BTF_KIND_ARRAY, 0, false, 0);
      words_.insert(words_.end(), {new_id(type_in_memory(graph_.array(type).element)), 0,
                                   graph_.array(type).count});
      return;
    case type_kind::function_prototype:
      head({}, BTF_KIND_FUNC_PROTO, graph_.parameters(type).size(), false,
           new_id(graph_.target(type)));
      for (const auto& parameter : graph_.parameters(type))
        words_.insert(words_.end(), {text(parameter.name), new_id(parameter.type)});
      return;
    default:
      head(graph_.name(type), static_cast<std::uint32_t>(graph_.kind(type)), 0, false,
           new_id(graph_.target(type)));
  }
}

void btf_writer::write_number(type_id type) {
  auto name = graph_.name(type);
  const auto size = static_cast<std::uint32_t>(graph_.size_of(type));
  const bool is_integer = graph_.kind(type) == type_kind::integer;
  const auto encoding = is_integer ? graph_.integer(type) : integer_encoding{};
  const bool is_known =
      std::any_of(known_spellings.begin(), known_spellings.end(),
                  [&](const spelling& known) { return known.name == name && known.size == size; });
  if (!is_known && (is_integer || size != 12))
    name = canonical_spelling(size, encoding.is_signed);
  if (!is_integer && is_known)
    return head(name, BTF_KIND_FLOAT, 0, false, size);
  head(name, BTF_KIND_INT, 0, false, size);
  words_.push_back((encoding.is_signed ? int_signed_bit : 0) |
                   (encoding.is_char ? int_char_bit : 0) | (encoding.is_bool ? int_bool_bit : 0) |
                   size * 8);
}

void btf_writer::write_record(type_id type) {
  const bool is_partial = selection_.extents[type] == record_extent::members;
  const auto layout = is_partial ? layouts_.of(type) : record_layout{};
  const bool is_guarded = layout.guard_offset != 0;
  const auto padded = std::lower_bound(padded_unions_.begin(), padded_unions_.end(), type);
  const bool is_padded = padded != padded_unions_.end() && *padded == type;
  const auto count = is_partial
                         ? static_cast<std::uint32_t>(layout.members.size()) + (is_guarded ? 1 : 0)
                         : graph_.members(type).size() + (is_padded ? 1 : 0);
  const auto kind = static_cast<std::uint32_t>(graph_.kind(type));
  const auto size = is_partial ? layout.size : graph_.size_of(type);

  const auto has_bitfield = [](const auto& members) {
    return std::any_of(members.begin(), members.end(),
                       [](const record_member& field) { return field.bitfield_size != 0; });
  };
  const bool flag = is_partial ? has_bitfield(layout.members) : has_bitfield(graph_.members(type));
  const auto write_member = [&](const record_member& field) {
    words_.insert(words_.end(),
                  {text(field.name), new_id(type_in_memory(field.type)),
                   flag ? field.bitfield_size << 24 | field.bit_offset : field.bit_offset});
  };
  head(graph_.name(type), kind, count, flag, static_cast<std::uint32_t>(size));
  if (is_partial)
    std::for_each(layout.members.begin(), layout.members.end(), write_member);
  else
    for (const auto& field : graph_.members(type))
      write_member(field);
  if (is_padded)
    words_.insert(words_.end(), {0,
                                 static_cast<type_id>(written_.size() + 1) +
                                     static_cast<type_id>(padded - padded_unions_.begin()),
                                 0});
  if (!is_guarded)
    return;
  has_guard_ = true;
  words_.insert(words_.end(), {text(guard_name), guard_type(),
                               static_cast<std::uint32_t>(layout.guard_offset * 8)});
}

// Writes the padding type of each padded union: a struct without a name. libbpf fills it with bits.
void btf_writer::write_paddings() {
  for (const auto type : padded_unions_)
    head({}, BTF_KIND_STRUCT, 0, false, static_cast<std::uint32_t>(graph_.size_of(type)));
}

// Writes the type of all guards, an array of characters, after all other types.
void btf_writer::write_guard() {
  const auto character = guard_type() - 1;
  head("char", BTF_KIND_INT, 0, false, 1);
  words_.push_back(int_signed_bit | 8);
  head({}, BTF_KIND_ARRAY, 0, false, 0);
  words_.insert(words_.end(), {character, character, guard_bytes});
}

// Writes the functions after all types. Nothing refers to them.
void btf_writer::write_kernel_functions() {
  for (const auto function : selection_.kernel_functions)
    head(graph_.name(function), BTF_KIND_FUNC, 0, false, new_id(graph_.target(function)));
}

// A struct or union without members.
void btf_writer::write_forward(type_id type) {
  const auto keyword = tag_keyword(type);
  head({}, BTF_KIND_FWD, 0, keyword == "union", 0);
  words_[words_.size() - 3] = declared_name(type);
}

void btf_writer::write_enumeration(type_id type) {
  const auto constants = graph_.enumerators(type);
  head({}, static_cast<std::uint32_t>(graph_.kind(type)), constants.size(),
       graph_.is_signed_enumeration(type), static_cast<std::uint32_t>(graph_.size_of(type)));
  words_[words_.size() - 3] = is_declaration(type) ? declared_name(type) : text(graph_.name(type));
  for (const auto& constant : constants) {
    words_.push_back(text(constant.name));
    words_.push_back(static_cast<std::uint32_t>(constant.value));
    if (graph_.kind(type) == type_kind::enumeration64)
      words_.push_back(static_cast<std::uint32_t>(constant.value >> 32));
  }
}

}  // namespace

std::vector<std::uint8_t> write_selected_btf(const type_graph& graph,
                                             const type_selection& selection) {
  return btf_writer(graph, selection).run();
}

}  // namespace ebpfkit::host
