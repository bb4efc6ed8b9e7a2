// A validated, read-only view of BTF: the types of a kernel, a kernel module or a BPF object.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf_format.hpp"
#include "btf/text_index.hpp"
#include "btf/zeroed_array.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

// Index of a type. 0 is `void`; ids of split BTF continue those of its base.
using type_id = std::uint32_t;

// How C writes the kind ("struct", "typedef", "function prototype"...).
std::string_view kind_name(type_kind kind);

// A member of a struct or union. The name of an anonymous member is empty.
struct record_member {
  std::string_view name;
  type_id type = 0;
  std::uint32_t bit_offset = 0;
  std::uint32_t bitfield_size = 0;  // in bits; 0: not a bitfield
};

// A constant of an enum. `value` is sign-extended when the enum is signed, else zero-extended.
struct enumerator {
  std::string_view name;
  std::uint64_t value = 0;
};

struct array_shape {
  type_id element = 0;
  type_id index = 0;
  std::uint32_t count = 0;  // 0: flexible or zero-length
};

// What BTF_KIND_INT says besides the size in bytes.
struct integer_encoding {
  bool is_signed = false;
  bool is_char = false;
  bool is_bool = false;
  std::uint32_t bit_offset = 0;  // only compilers before bitfield members had a size leave it not 0
  std::uint32_t bits = 0;
};

// A parameter of a function prototype; a last one without type and name stands for `...`.
struct function_parameter {
  std::string_view name;
  type_id type = 0;
};

struct section_entry {
  type_id variable = 0;  // a variable, or a function in `.ksyms`
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

enum class symbol_linkage : std::uint32_t { local = 0, global = 1, external = 2 };

class type_graph;
class type_graph_validator;

// Longer names are refused: many types may share one, and each use of it would cost its length. Of
// identifiers it is the kernel's own limit (KSYM_NAME_LEN); functions, sections and tags may have
// other text as well.
constexpr std::size_t longest_btf_identifier = 511;
constexpr std::size_t longest_btf_name = 4096;

// The name that begins there and ends with a NUL, or, of one that is too long, its beginning, which
// is too long as well.
inline std::string_view bounded_btf_name(const char* text, std::size_t longest = longest_btf_name) {
  return {text, ::strnlen(text, longest + 1)};
}

// When `type_graph` checks what its accessors rely on.
enum class type_checks : std::uint8_t {
  at_once,  // everything, in the constructor
  on_use,   // that all ids and names are in range, in the constructor; the rest by `check`
};

// What `type_graph::check` found; it does not tell the file, as with the constructor.
class unsound_btf : public failure {
 public:
  using failure::failure;
};

// The items behind a type (members, enumerators...), decoded when they are looked at.
template <class Item, Item (type_graph::*ItemAt)(type_id, std::uint32_t) const>
class item_range {
 public:
  class iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using reference = Item;
    using pointer = void;
    using iterator_category = std::input_iterator_tag;

    iterator(const type_graph* graph, type_id type, std::uint32_t index)
        : graph_(graph), type_(type), index_(index) {}

    Item operator*() const { return (graph_->*ItemAt)(type_, index_); }
    iterator& operator++() {
      ++index_;
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const iterator& other) const { return index_ == other.index_; }

   private:
    const type_graph* graph_;
    type_id type_;
    std::uint32_t index_;
  };

  item_range(const type_graph* graph, type_id type, std::uint32_t count)
      : graph_(graph), type_(type), count_(count) {}

  iterator begin() const { return {graph_, type_, 0}; }
  iterator end() const { return {graph_, type_, count_}; }
  std::uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Item operator[](std::uint32_t index) const { return (graph_->*ItemAt)(type_, index); }

 private:
  const type_graph* graph_;
  type_id type_;
  std::uint32_t count_;
};

// The types of one BTF blob. The constructor checks everything that the accessors rely on: ids and
// names are in range; names that C shows are C identifiers; by-value types end (no struct within
// itself, no endless chain of typedefs) and nest at most `maximum_depth` deep; sizes do not
// overflow; writing all types out as C takes time and room in proportion to the BTF's size.
//
// With `type_checks::on_use` a type may be looked into (its name too, except by `find`) only after
// `check` was called for it or for what has it by value, which is faster where few types of many
// are wanted.
//
// An accessor of one kind may be called only for a type of that kind, and every id must satisfy
// `contains`. Names stay valid as long as the graph.
class type_graph {
 public:
  // Deepest nesting that is accepted; Linux stays below 64.
  static constexpr std::uint32_t maximum_depth = 512;

  // Parses raw BTF of either byte order. `base` is what split BTF (a module's) continues. Throws
  // `failure` that tells the type and the problem, but not the file: the caller knows its name.
  // A vector that is moved in is used in place, other bytes are copied.
  explicit type_graph(std::vector<std::uint8_t>&& bytes,
                      std::shared_ptr<const type_graph> base = nullptr,
                      type_checks when = type_checks::at_once);
  explicit type_graph(std::span<const std::uint8_t> bytes,
                      std::shared_ptr<const type_graph> base = nullptr);
  // The same for bytes that `owner` keeps as they are.
  type_graph(std::span<const std::uint8_t> bytes, std::shared_ptr<const void> owner,
             std::shared_ptr<const type_graph> base, type_checks when);
  ~type_graph();
  type_graph(const type_graph&) = delete;
  type_graph& operator=(const type_graph&) = delete;

  // Checks the type, what it is made of by value, and the types behind its pointers as far as C
  // shows them (of named records only their name and what their members refer to). Throws, as
  // `unsound_btf`, the failure that the constructor would have thrown. Nothing is left to do with
  // `type_checks::at_once`; with `on_use` it must not be called by two threads at the same time.
  void check(type_id type) const {
    if (pending_checks_)
      check_now(type);
  }
  // The same for all types.
  void check_all() const {
    if (pending_checks_)
      check_all_now();
  }

  // The raw BTF that was parsed.
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::endian byte_order() const { return byte_order_; }
  // Bytes of a pointer: the size of the BTF's `long`, 8 where it has none (as libbpf does).
  std::uint32_t pointer_size() const { return pointer_size_; }
  // That `long`; 0 where there is none.
  type_id pointer_size_type() const { return pointer_size_type_; }
  // Number of ids with the base's and `void`: valid ids are below it.
  type_id type_count() const { return first_own_ + static_cast<type_id>(kinds_.size()); }
  // First id that is not the base's (1 without a base).
  type_id first_own_type() const { return first_own_; }
  bool contains(type_id type) const { return type < type_count(); }

  type_kind kind(type_id type) const;
  // Empty for anonymous types. Names of functions, variables, sections and tags may hold any
  // printable characters, all others are C identifiers (integers: words such as "unsigned int").
  std::string_view name(type_id type) const;
  // The same, and those of an enum's constants, up to their NUL.
  const char* name_data(type_id type) const { return text(header(type)[0]); }
  const char* enumerator_name_data(type_id enumeration, std::uint32_t index) const {
    const std::size_t words = kind(enumeration) == type_kind::enumeration64 ? 3 : 2;
    return text(items(enumeration)[index * words]);
  }
  // "struct task_struct", "typedef u32", "anonymous union": for messages.
  std::string describe(type_id type) const;

  bool is_record(type_id type) const;       // struct or union
  bool is_enumeration(type_id type) const;  // enum of 32 or 64 bits
  // Typedef, const, volatile, restrict, type tag: types that only wrap another.
  bool is_wrapper(type_id type) const;
  // A wrapper other than a typedef.
  bool is_qualifier(type_id type) const;

  // The type that a pointer, wrapper, function (its prototype), variable, declaration tag or
  // prototype (what it returns) refers to.
  type_id target(type_id type) const;

  integer_encoding integer(type_id type) const;
  array_shape array(type_id type) const;
  record_member member(type_id record, std::uint32_t index) const;
  enumerator enumerator_at(type_id enumeration, std::uint32_t index) const;
  function_parameter parameter(type_id prototype, std::uint32_t index) const;
  section_entry section_entry_at(type_id section, std::uint32_t index) const;

  auto members(type_id record) const {
    return item_range<record_member, &type_graph::member>(this, record, item_count(record));
  }
  auto enumerators(type_id enumeration) const {
    return item_range<enumerator, &type_graph::enumerator_at>(this, enumeration,
                                                              item_count(enumeration));
  }
  auto parameters(type_id prototype) const {
    return item_range<function_parameter, &type_graph::parameter>(this, prototype,
                                                                  item_count(prototype));
  }
  auto section_entries(type_id section) const {
    return item_range<section_entry, &type_graph::section_entry_at>(this, section,
                                                                    item_count(section));
  }

  bool is_signed_enumeration(type_id type) const;
  // A forward declaration of a union rather than of a struct.
  bool is_forward_union(type_id type) const;
  // Of a function or a variable.
  symbol_linkage linkage(type_id type) const;
  // Member or parameter that a declaration tag is about; -1: the type itself.
  std::int32_t tagged_component(type_id tag) const;
  // A type or declaration tag that stands for `__attribute__((NAME))` itself.
  bool is_attribute_tag(type_id tag) const;

  // The type with typedefs, qualifiers and type tags taken off.
  type_id skip_wrappers(type_id type) const;
  // The same without taking off typedefs.
  type_id skip_qualifiers(type_id type) const;
  // Bytes that a value takes. 0 for what has no size: void, forward declarations, functions.
  std::uint64_t size_of(type_id type) const;
  // Natural alignment in bytes as libbpf derives it: 1 for a packed record and for what has none.
  std::uint32_t alignment_of(type_id type) const;

  // The types, functions, variables, sections and tags with this name, in ascending order of ids.
  // This and the next three index the names when one of them is first called.
  std::vector<type_id> find(std::string_view name) const;
  // The first of them that is of this kind.
  std::optional<type_id> find(std::string_view name, type_kind kind) const;
  // Those of them that are types.
  std::vector<type_id> find_types(std::string_view name) const;
  // The enums that have a constant of this name, in ascending order of ids.
  std::vector<type_id> find_enumerations_with(std::string_view constant) const;

 private:
  friend class type_graph_validator;
  friend class type_graph_nesting;

  // An index of names, made when it is first needed.
  struct lazy_index {
    std::once_flag once;
    text_index index;
  };

  type_graph(const std::shared_ptr<const std::vector<std::uint8_t>>& bytes,
             std::shared_ptr<const type_graph> base, type_checks when);
  void open_sections();
  void check_now(type_id type) const;
  void check_all_now() const;
  const std::uint32_t* header(type_id type) const;
  const std::uint32_t* items(type_id type) const { return header(type) + 3; }
  const char* text(std::uint32_t offset) const;
  std::uint32_t item_count(type_id type) const { return btf_item_count(header(type)[1]); }
  bool kind_flag(type_id type) const { return (header(type)[1] >> 31) != 0; }
  std::uint32_t record_alignment(type_id type) const;
  std::uint32_t expansion(type_id type) const;
  const text_index& own_names(bool of_types) const;
  const text_index& own_constants() const;

  std::shared_ptr<const type_graph> base_;
  type_id first_own_ = 1;
  std::uint32_t first_own_text_ = 0;  // string offsets below are the base's
  std::endian byte_order_ = std::endian::native;
  std::uint32_t pointer_size_ = 8;
  type_id pointer_size_type_ = 0;
  std::shared_ptr<const void> owner_;      // of bytes_
  std::span<const std::uint8_t> bytes_;    // as they were given
  std::vector<std::uint32_t> host_words_;  // only where words_ cannot be a part of bytes_
  std::span<const std::uint32_t> words_;   // the type section in the host's byte order
  std::string_view text_;                  // the string section
  std::vector<std::uint32_t> positions_;   // of each own type's first word in words_
  std::vector<type_kind> kinds_;           // of the own types
  // What C text of the own types repeats, by value and behind a pointer: see type_graph_nesting.
  zeroed_array<std::uint32_t> expansions_;
  mutable std::unique_ptr<type_graph_validator> pending_checks_;  // null: all were made
  mutable lazy_index type_names_;                                 // of own types
  mutable lazy_index symbol_names_;  // of own functions, variables, sections and tags
  mutable lazy_index constants_;     // of own enums, with their enum
};

// A kind that is a type, as opposed to something that has a type.
constexpr bool is_type(type_kind kind) {
  constexpr std::uint32_t others = 1U << static_cast<unsigned>(type_kind::function) |
                                   1U << static_cast<unsigned>(type_kind::variable) |
                                   1U << static_cast<unsigned>(type_kind::data_section) |
                                   1U << static_cast<unsigned>(type_kind::declaration_tag);
  return (others >> static_cast<unsigned>(kind) & 1) == 0;
}

// Looked at for each of a kernel's hundred thousands of types and members, hence inline.

inline const std::uint32_t* type_graph::header(type_id type) const {
  static constexpr std::array<std::uint32_t, 3> void_header{};
  assert(contains(type));
  if (type >= first_own_)
    return words_.data() + positions_[type - first_own_];
  return type == 0 ? void_header.data() : base_->header(type);
}

inline const char* type_graph::text(std::uint32_t offset) const {
  return offset < first_own_text_ ? base_->text(offset) : text_.data() + (offset - first_own_text_);
}

inline type_kind type_graph::kind(type_id type) const {
  assert(contains(type));
  if (type >= first_own_)
    return kinds_[type - first_own_];
  return type == 0 ? type_kind::void_type : base_->kind(type);
}

inline std::string_view type_graph::name(type_id type) const {
  return text(header(type)[0]);
}

inline bool type_graph::is_record(type_id type) const {
  const auto k = kind(type);
  return k == type_kind::structure || k == type_kind::union_type;
}

inline bool type_graph::is_enumeration(type_id type) const {
  const auto k = kind(type);
  return k == type_kind::enumeration || k == type_kind::enumeration64;
}

inline bool type_graph::is_wrapper(type_id type) const {
  return kind(type) == type_kind::type_definition || is_qualifier(type);
}

inline bool type_graph::is_qualifier(type_id type) const {
  switch (kind(type)) {
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
      return true;
    default:
      return false;
  }
}

inline type_id type_graph::target(type_id type) const {
  return header(type)[2];
}

inline array_shape type_graph::array(type_id type) const {
  const auto* words = items(type);
  return {words[0], words[1], words[2]};
}

inline record_member type_graph::member(type_id record, std::uint32_t index) const {
  const auto* words = items(record) + std::size_t{index} * 3;
  if (kind_flag(record))
    return {text(words[0]), words[1], words[2] & 0xffffff, words[2] >> 24};
  return {text(words[0]), words[1], words[2], 0};
}

inline function_parameter type_graph::parameter(type_id prototype, std::uint32_t index) const {
  const auto* words = items(prototype) + std::size_t{index} * 2;
  return {text(words[0]), words[1]};
}

inline type_id type_graph::skip_wrappers(type_id type) const {
  while (is_wrapper(type))
    type = target(type);
  return type;
}

}  // namespace ebpfkit::host
