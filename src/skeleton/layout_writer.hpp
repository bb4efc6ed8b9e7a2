// Writes types of BTF as C or C++ text. The types have BPF's layout on every host.
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
  std::string prefix;       // of every type and constant that the writer defines
  std::string indentation;  // of every line
  std::string indentation_step;
  std::string static_assertion = "static_assert";  // or a macro with the same arguments
  // Types that the application declares. The writer does not define them: it uses their names and
  // asserts that they have the layout of BTF.
  declared_types shared;
  // Structs of functions that programs give to the kernel. Their function pointers are written as
  // ebpfkit::struct_ops_callback of the runtime.
  std::set<type_id> struct_ops;
};

// Collects the definitions of requested types and of all types that they contain by value. Defines
// each type once, in an order that compiles. Integers become fixed-width integers and pointers
// 64-bit integers. Padding is explicit (`padding_N`). Names that C or C++ reserves get a trailing
// `_`. C text needs <stdint.h>, <stdbool.h> and <stddef.h> before it; C++ text needs <array>,
// <cstddef> and <cstdint>.
class layout_writer {
 public:
  // `scope` contains the names that the surrounding text uses. The writer adds the names that it
  // defines. Graph and scope must outlive the writer.
  layout_writer(const type_graph& types, layout_style style, name_scope& scope);

  // Defines a type under its own name. A typedef of a named type stays a typedef.
  void define(type_id type);

  // Returns the type's name as a C++ template argument, with std::array for arrays. A record
  // without a name gets `fallback_name`.
  std::string type_name(type_id type, std::string_view fallback_name);

  // Returns the members of a record that BTF does not describe, with their final names and offsets.
  // Leaves out members without size.
  struct member_text {
    std::string lines;
    std::vector<std::string> names;
    std::vector<std::uint64_t> offsets;
    bool packed = false;
  };
  member_text members(std::span<const placed_field> fields, std::uint64_t size,
                      std::string_view indentation);

  // Return the definitions so far, and the static assertions about them.
  const std::string& definitions() const { return definitions_; }
  const std::string& assertions() const { return assertions_; }

  // Returns true if a record contains another record that ends with a flexible array. -Wpedantic
  // warns about this, however it is written.
  bool embeds_flexible_array() const { return embeds_flexible_array_; }

 private:
  // A type as a declaration needs it: `base name[dimensions]`.
  struct spelling {
    std::string base;
    std::vector<std::uint32_t> dimensions;
    type_id inline_record = 0;  // not 0: has no name; its members replace `base`
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
  bool is_function_pointer(type_id type) const;
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
  std::map<type_id, std::string> names_;    // with the tag word: "struct counter"
  std::set<std::string> flexible_records_;  // records that end with a flexible array
  bool embeds_flexible_array_ = false;
  bool has_callbacks_ = false;  // while the members of a struct of style_.struct_ops are written
  std::string definitions_;
  std::string assertions_;
};

}  // namespace ebpfkit::host
