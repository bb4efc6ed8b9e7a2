// Types of BTF as C or C++ text that has the layout of BPF on every host.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "skeleton/fixed_layout.hpp"
#include "skeleton/header_scanner.hpp"
#include "skeleton/identifiers.hpp"

namespace ebpfkit::host {

enum class layout_language { c, cxx };

struct layout_style {
  layout_language language = layout_language::cxx;
  std::string prefix;       // of every type and constant that is defined
  std::string indentation;  // of every line
  std::string indentation_step;
  std::string static_assertion = "static_assert";  // keyword or macro with its two arguments
  // Types that the application declares: used under their own names, and checked, instead of
  // defined.
  declared_types shared;
};

// Collects the definitions of the types that are asked for, with all that they need by value, each
// once and in an order that compiles. Integers become fixed-width ones, pointers 64-bit integers;
// padding is explicit (`padding_N`); members and types whose names C or C++ reserve get a `_`
// behind them. C needs <stdint.h>, <stdbool.h> and <stddef.h> before the text; C++ <array>,
// <cstddef> and <cstdint>.
class layout_writer {
 public:
  // `scope` holds the names that the surroundings use already; definitions add theirs. Graph and
  // scope must outlive the writer.
  layout_writer(const type_graph& types, layout_style style, name_scope& scope);

  // Defines a type under its own name; a typedef of something that has a name, as a typedef.
  void define(type_id type);

  // The type's name for use as a template argument (C++), arrays as std::array. `fallback_name` is
  // for a record or enum that has no name of its own.
  std::string type_name(type_id type, std::string_view fallback_name);

  // The members of a record that BTF does not have, with their final names and their offsets; those
  // without size are left out.
  struct member_text {
    std::string lines;
    std::vector<std::string> names;
    std::vector<std::uint64_t> offsets;
    bool packed = false;
  };
  member_text members(std::span<const placed_field> fields, std::uint64_t size,
                      std::string_view indentation);

  // What was defined so far, and the static assertions about it.
  const std::string& definitions() const { return definitions_; }
  const std::string& assertions() const { return assertions_; }

  // Some record has another one inside that ends with a flexible array. There is no way to write
  // that which -Wpedantic does not mind.
  bool embeds_flexible_array() const { return embeds_flexible_array_; }

 private:
  // A type as a declaration needs it: `base name[dimensions]`.
  struct spelling {
    std::string base;
    std::vector<std::uint32_t> dimensions;
    type_id inline_record = 0;  // not 0: no name, its members are written in place of `base`
  };

  spelling spell(type_id type);
  std::string integer_name(std::uint64_t size, bool is_signed) const;
  spelling spell_integer(type_id type) const;
  spelling spell_leaf(type_id type);
  std::string dimension_text(const spelling& spelled) const;

  std::string name_of(type_id type, std::string_view preferred);
  std::string shared_name(type_id type, std::string_view name, std::string_view tag);
  void define_record(type_id record, const std::string& name);
  void define_enumeration(type_id enumeration, const std::string& name);
  void define_typedef(type_id type);

  std::string declaration(type_id type, std::string_view name, std::string_view indentation,
                          name_scope& record_scope);
  std::string field_text(const layout_field& field, std::string_view indentation,
                         name_scope& record_scope);
  std::string body(const fixed_layout& layout, std::string_view indentation,
                   name_scope& record_scope, std::vector<std::string>& names);

  std::string_view tag_word(type_id type) const;
  bool is_cxx() const { return style_.language == layout_language::cxx; }
  void add_assertion(const std::string& expression);
  void assert_size(const std::string& type, std::uint64_t size);
  void assert_offset(const std::string& type, std::string_view member, std::uint64_t offset);
  void assert_shared_members(type_id record, const std::string& type, std::uint64_t base);

  const type_graph& types_;
  layout_style style_;
  name_scope& scope_;
  layout_calculator layouts_;
  std::map<type_id, std::string> names_;    // with the tag's word: "struct counter"
  std::set<std::string> flexible_records_;  // names of those that end with a flexible array
  bool embeds_flexible_array_ = false;
  std::string definitions_;
  std::string assertions_;
};

}  // namespace ebpfkit::host
