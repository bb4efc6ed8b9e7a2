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

// Returns how C writes the kind ("struct", "typedef", "function prototype"...).
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
  std::uint32_t bit_offset = 0;  // not 0 only in old BTF, whose bitfield members had no size
  std::uint32_t bits = 0;
};

// A parameter of a function prototype. A last one without type and name stands for `...`.
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

// type_graph refuses longer names: many types may share a name, and each use of it costs its
// length. The limit for identifiers is the kernel's (KSYM_NAME_LEN). The names of functions,
// sections and tags may be other text, up to the second limit.
constexpr std::size_t longest_btf_identifier = 511;
constexpr std::size_t longest_btf_name = 4096;

// Returns the name at `text`, up to its NUL. Returns at most `longest` + 1 characters, so that the
// caller can detect names that are too long.
inline std::string_view bounded_btf_name(const char* text, std::size_t longest = longest_btf_name) {
  return {text, ::strnlen(text, longest + 1)};
}

// When `type_graph` checks what its accessors rely on.
enum class type_checks : std::uint8_t {
  at_once,       // the constructor checks everything
  names_on_use,  // the constructor allows types whose names C does not allow, `check` refuses them
  on_use,  // the constructor checks that all ids and names are in range, `check` does the rest
};

// What `type_graph::check` throws. Like the constructor's failures, it does not name the file.
class unsound_btf : public failure {
 public:
  using failure::failure;
};

// The items of a type (members, enumerators...), decoded on access.
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

// The types of one BTF blob. The constructor checks everything that the accessors rely on:
// - Ids and names are in range, and names that C shows are C identifiers.
// - By-value types end: no struct contains itself, no chain of typedefs is endless.
// - By-value types nest at most `maximum_depth` deep.
// - Sizes do not overflow.
// - Writing all types as C takes time and room in proportion to the BTF's size.
//
// A kernel with parts in Rust has BTF with other names. With `type_checks::names_on_use` such names
// only have to be printable. Call `check` for a type before you show it as C.
//
// With `type_checks::on_use`, call `check` for a type, or for a type that contains it by value,
// before you look into it or read its name (`find` needs no `check`). This is faster where few
// types of many are wanted.
//
// Call an accessor of one kind only for a type of that kind, and only with ids that satisfy
// `contains`. Names stay valid as long as the graph.
class type_graph {
 public:
  // The deepest nesting that type_graph accepts. Linux stays below 64.
  static constexpr std::uint32_t maximum_depth = 512;

  // Parses raw BTF of either byte order. `base` is the BTF that split BTF (a module's) continues.
  // Throws `failure` that names the type and the problem, but not the file: the caller knows its
  // name. Uses a moved vector in place and copies other bytes.
  explicit type_graph(std::vector<std::uint8_t>&& bytes,
                      std::shared_ptr<const type_graph> base = nullptr,
                      type_checks when = type_checks::at_once);
  explicit type_graph(std::span<const std::uint8_t> bytes,
                      std::shared_ptr<const type_graph> base = nullptr);
  // Parses bytes that `owner` keeps alive and unchanged; does not copy them.
  type_graph(std::span<const std::uint8_t> bytes, std::shared_ptr<const void> owner,
             std::shared_ptr<const type_graph> base, type_checks when);
  ~type_graph();
  type_graph(const type_graph&) = delete;
  type_graph& operator=(const type_graph&) = delete;

  // Checks the type, the types that it contains by value, and the types behind its pointers as far
  // as C shows them (for a named record: only its name and what its members refer to). Throws the
  // failure that the constructor would have thrown, as `unsound_btf`. Does nothing with
  // `type_checks::at_once`. With `on_use`, two threads must not call this at the same time.
  void check(type_id type) const {
    if (pending_checks_ || !shows_other_names_.empty())
      check_now(type);
  }
  // False when the C text of the type would show a name that C does not allow. Needs `check_all`.
  bool has_c_names(type_id type) const;
  // Checks all types. As with `names_on_use`, allows names that C does not allow.
  void check_all() const {
    if (pending_checks_)
      check_all_now();
  }

  // The raw BTF that was parsed.
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::endian byte_order() const { return byte_order_; }
  // Size of a pointer in bytes: the size of the BTF's `long`, or 8 without one (as in libbpf).
  std::uint32_t pointer_size() const { return pointer_size_; }
  // The BTF's `long`; 0 without one.
  type_id pointer_size_type() const { return pointer_size_type_; }
  // Number of ids, including `void` and the base's: all valid ids are lower.
  type_id type_count() const { return first_own_ + static_cast<type_id>(kinds_.size()); }
  // First id that does not belong to the base (1 without a base).
  type_id first_own_type() const { return first_own_; }
  bool contains(type_id type) const { return type < type_count(); }

  type_kind kind(type_id type) const;
  // Empty for anonymous types. The names of functions, variables, sections and tags may hold any
  // printable characters. All other names are C identifiers, those of integers words such as
  // "unsigned int".
  std::string_view name(type_id type) const;
  // The name of a type, and of an enum's constant, as text that ends with a NUL.
  const char* name_data(type_id type) const { return text(header(type)[0]); }
  const char* enumerator_name_data(type_id enumeration, std::uint32_t index) const {
    const std::size_t words = kind(enumeration) == type_kind::enumeration64 ? 3 : 2;
    return text(items(enumeration)[index * words]);
  }
  // "struct task_struct", "typedef u32", "anonymous union": for messages.
  std::string describe(type_id type) const;

  bool is_record(type_id type) const;       // struct or union
  bool is_enumeration(type_id type) const;  // enum of 32 or 64 bits
  // Typedef, const, volatile, restrict and type tag: types that only wrap another one.
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
  // True for a forward declaration of a union, false for one of a struct.
  bool is_forward_union(type_id type) const;
  // For functions and variables.
  symbol_linkage linkage(type_id type) const;
  // The member or parameter that a declaration tag describes; -1: the type itself.
  std::int32_t tagged_component(type_id tag) const;
  // True for a type or declaration tag that stands for `__attribute__((NAME))` itself.
  bool is_attribute_tag(type_id tag) const;

  // Returns the type without its typedefs, qualifiers and type tags.
  type_id skip_wrappers(type_id type) const;
  // Like skip_wrappers(), but keeps typedefs.
  type_id skip_qualifiers(type_id type) const;
  // Size of a value in bytes. 0 for types without a size: void, forward declarations, functions.
  std::uint64_t size_of(type_id type) const;
  // Natural alignment in bytes as libbpf derives it: 1 for packed records and types without
  // alignment.
  std::uint32_t alignment_of(type_id type) const;

  // Returns the types, functions, variables, sections and tags with this name, in ascending order
  // of ids. These four functions index the names on the first call that needs the index.
  std::vector<type_id> find(std::string_view name) const;
  // Returns the first of them that is of this kind.
  std::optional<type_id> find(std::string_view name, type_kind kind) const;
  // Returns only those of them that are types.
  std::vector<type_id> find_types(std::string_view name) const;
  // Returns the enums that have a constant of this name, in ascending order of ids.
  std::vector<type_id> find_enumerations_with(std::string_view constant) const;

 private:
  friend class type_graph_validator;
  friend class type_graph_nesting;

  // An index of names, made on first use.
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
  std::uint32_t first_own_text_ = 0;  // lower string offsets belong to the base
  std::endian byte_order_ = std::endian::native;
  std::uint32_t pointer_size_ = 8;
  type_id pointer_size_type_ = 0;
  std::shared_ptr<const void> owner_;      // keeps bytes_ alive
  std::span<const std::uint8_t> bytes_;    // as given
  std::vector<std::uint32_t> host_words_;  // used only when words_ cannot refer to bytes_
  std::span<const std::uint32_t> words_;   // the type section in the host's byte order
  std::string_view text_;                  // the string section
  std::vector<std::uint32_t> positions_;   // index in words_ of each own type's first word
  std::vector<type_kind> kinds_;           // of the own types
  // The visits that each own type takes, by value and behind a pointer: see type_graph_nesting.cpp.
  zeroed_array<std::uint32_t> expansions_;
  // For each own type, as a value and behind a pointer: whether its C text shows a name that C does
  // not allow. Empty when no type has such a name.
  std::vector<bool> shows_other_names_;
  mutable std::unique_ptr<type_graph_validator> pending_checks_;  // null: all checks are done
  mutable lazy_index type_names_;                                 // of own types
  mutable lazy_index symbol_names_;  // of own functions, variables, sections and tags
  mutable lazy_index constants_;     // of own enums, each with its enum
};

// True for kinds that are types, false for kinds that have a type.
constexpr bool is_type(type_kind kind) {
  constexpr std::uint32_t others = 1U << static_cast<unsigned>(type_kind::function) |
                                   1U << static_cast<unsigned>(type_kind::variable) |
                                   1U << static_cast<unsigned>(type_kind::data_section) |
                                   1U << static_cast<unsigned>(type_kind::declaration_tag);
  return (others >> static_cast<unsigned>(kind) & 1) == 0;
}

// Inline, because they run for each of a kernel's hundreds of thousands of types and members.

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
