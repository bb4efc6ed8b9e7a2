#include "skeleton/layout_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

bool is_fixed_width(std::uint64_t size) {
  return size == 1 || size == 2 || size == 4 || size == 8;
}

// Writes the value of a constant so that no compiler warns that it is too large for its type.
std::string constant_text(std::uint64_t value, bool is_signed, std::uint64_t size) {
  const std::string_view suffix = size > 4 ? "LL" : "";
  if (!is_signed)
    return fmt::format("{}U{}", value, suffix);
  const auto number = static_cast<std::int64_t>(value);
  if (number == std::numeric_limits<std::int64_t>::min())
    return "-9223372036854775807LL - 1";
  if (size <= 4 && number == std::numeric_limits<std::int32_t>::min())
    return "-2147483647 - 1";
  return fmt::format("{}{}", number, suffix);
}

std::string attribute_of(const fixed_layout& layout) {
  if (layout.packed)
    return " __attribute__((packed))";
  if (layout.forced_alignment != 0)
    return fmt::format(" __attribute__((aligned({})))", layout.forced_alignment);
  return {};
}

}  // namespace

layout_writer::layout_writer(const type_graph& types, layout_style style, name_scope& scope)
    : types_(types), style_(std::move(style)), scope_(scope), layouts_(types) {}

void layout_writer::define(type_id type) {
  if (types_.kind(type) == type_kind::type_definition)
    define_typedef(type);
  else
    spell(type);
}

std::string layout_writer::type_name(type_id type, std::string_view fallback_name) {
  auto spelled = spell(type);
  if (spelled.inline_record != 0)
    spelled.base = name_of(spelled.inline_record, fallback_name);
  auto text = spelled.base;
  for (auto count = spelled.dimensions.rbegin(); count != spelled.dimensions.rend(); ++count)
    text = fmt::format("std::array<{}, {}>", text, *count);
  return text;
}

layout_writer::member_text layout_writer::members(std::span<const placed_field> fields,
                                                  std::uint64_t size,
                                                  std::string_view indentation) {
  const auto layout = layouts_.lay_out(fields, size);
  name_scope record_scope;
  member_text text;
  text.packed = layout.packed;
  for (const auto& field : layout.fields) {
    if (field.what == layout_field::category::member)
      text.offsets.push_back(field.byte_offset());
  }
  text.lines = body(layout, indentation, record_scope, text.names);
  return text;
}

std::string_view layout_writer::tag_word(type_id type) const {
  switch (types_.kind(type)) {
    case type_kind::structure:
      return "struct";
    case type_kind::union_type:
      return "union";
    default:
      return "enum";
  }
}

std::string layout_writer::integer_name(std::uint64_t size, bool is_signed) const {
  return fmt::format("{}{}int{}_t", is_cxx() ? "std::" : "", is_signed ? "" : "u", size * 8);
}

layout_writer::spelling layout_writer::spell_integer(type_id type) const {
  const auto size = types_.size_of(type);
  const auto encoding = types_.integer(type);
  if (encoding.is_bool && size == 1)
    return {.base = "bool", .dimensions = {}};
  if (size == 1 && (encoding.is_char || types_.name(type) == "char"))
    return {.base = "char", .dimensions = {}};
  // bpftool's C skeleton says `unsigned long long`, which goes with printf's %llu. uint64_t does
  // not where it is `unsigned long`. On every host both have 64 bits and the same alignment.
  if (!is_cxx() && size == 8 && types_.name(type).find("long long") != std::string_view::npos)
    return {.base = encoding.is_signed ? "long long" : "unsigned long long", .dimensions = {}};
  if (is_fixed_width(size))
    return {.base = integer_name(size, encoding.is_signed), .dimensions = {}};
  if (size == 16)
    return {.base = integer_name(8, false), .dimensions = {2}};
  return {.base = integer_name(1, false), .dimensions = {static_cast<std::uint32_t>(size)}};
}

layout_writer::spelling layout_writer::spell_leaf(type_id type) {
  switch (types_.kind(type)) {
    case type_kind::integer:
      return spell_integer(type);
    case type_kind::pointer:
      return {.base = integer_name(types_.pointer_size(), false), .dimensions = {}};
    case type_kind::floating_point: {
      const auto size = types_.size_of(type);
      if (size == 4 || size == 8)
        return {.base = size == 4 ? "float" : "double", .dimensions = {}};
      return {.base = integer_name(1, false), .dimensions = {static_cast<std::uint32_t>(size)}};
    }
    case type_kind::structure:
    case type_kind::union_type:
      if (types_.name(type).empty() && !names_.contains(type))
        return {.base = {}, .dimensions = {}, .inline_record = type};
      return {.base = name_of(type, types_.name(type)), .dimensions = {}};
    case type_kind::enumeration:
    case type_kind::enumeration64: {
      // An enum in C has the size of int. C text uses an integer for an enum of another size.
      const auto size = types_.size_of(type);
      auto name = name_of(type, types_.name(type));
      const bool has_type = !name.empty() && !types_.enumerators(type).empty();
      if (has_type && (is_cxx() || size == 4))
        return {.base = std::move(name), .dimensions = {}};
      return {.base = integer_name(size, types_.is_signed_enumeration(type)), .dimensions = {}};
    }
    default:
      throw failure(fmt::format("{} cannot be a value in C", types_.describe(type)));
  }
}

layout_writer::spelling layout_writer::spell(type_id type) {
  std::vector<std::uint32_t> dimensions;
  for (;;) {
    type = types_.skip_qualifiers(type);
    const auto kind = types_.kind(type);
    if (kind == type_kind::array) {
      dimensions.push_back(types_.array(type).count);
      type = types_.array(type).element;
    } else if (kind == type_kind::type_definition) {
      const auto name = types_.name(type);
      if (style_.shared.typedefs.contains(name))
        return {.base = shared_name(type, name, {}), .dimensions = std::move(dimensions)};
      const auto named = types_.skip_qualifiers(types_.target(type));
      const bool is_tagged = types_.is_record(named) || types_.is_enumeration(named);
      if (is_tagged && types_.name(named).empty())
        name_of(named, name);
      type = named;
    } else {
      break;
    }
  }
  auto spelled = spell_leaf(type);
  spelled.dimensions.insert(spelled.dimensions.begin(), dimensions.begin(), dimensions.end());
  return spelled;
}

// Returns the name of a record or enum with its tag word, because a member of the same name hides
// the name alone. Defines the type on first use. For an enum without a name, defines only its
// constants and returns an empty name.
std::string layout_writer::name_of(type_id type, std::string_view preferred) {
  if (const auto known = names_.find(type); known != names_.end())
    return known->second;
  const auto own_name = types_.name(type);
  if (!own_name.empty() && style_.shared.tags.contains(own_name))
    return shared_name(type, own_name, tag_word(type));
  if (preferred.empty()) {
    names_[type] = {};
    define_enumeration(type, {});
    return {};
  }
  const auto name = scope_.add(style_.prefix + std::string(preferred));
  const auto full_name = fmt::format("{} {}", tag_word(type), name);
  names_[type] = full_name;
  if (types_.is_record(type))
    define_record(type, name);
  else
    define_enumeration(type, name);
  // The name comes from a typedef of an anonymous type. In C it must work without the tag word.
  if (own_name.empty() && !is_cxx() &&
      (types_.is_record(type) || !types_.enumerators(type).empty()))
    definitions_ += fmt::format("{}typedef {} {};\n", style_.indentation, full_name, name);
  return full_name;
}

// Returns the name of a type that the application declares in the global namespace.
std::string layout_writer::shared_name(type_id type, std::string_view name, std::string_view tag) {
  if (const auto known = names_.find(type); known != names_.end())
    return known->second;
  const auto full_name =
      fmt::format("{}{}{}{}", tag, tag.empty() ? "" : " ", is_cxx() ? "::" : "", name);
  names_[type] = full_name;
  if (is_cxx())
    definitions_ +=
        fmt::format("{}using {} = {};\n", style_.indentation, scope_.add(name), full_name);
  assert_size(full_name, types_.size_of(type));
  const auto record = types_.skip_wrappers(type);
  if (types_.is_record(record))
    assert_shared_members(record, full_name, 0);
  return full_name;
}

void layout_writer::define_typedef(type_id type) {
  const auto name = types_.name(type);
  const auto named = types_.skip_qualifiers(types_.target(type));
  const bool is_tagged = types_.is_record(named) || types_.is_enumeration(named);
  const bool is_only_name = is_tagged && types_.name(named).empty();
  name_scope no_names;
  if (style_.shared.typedefs.contains(name) || is_only_name || types_.size_of(type) == 0) {
    spell(type);
    return;
  }
  // Spell the target first: this writes its definition.
  const auto text = declaration(types_.target(type), style_.prefix + std::string(name),
                                style_.indentation, no_names);
  if (!scope_.contains(style_.prefix + std::string(name))) {
    scope_.reserve(style_.prefix + std::string(name));
    definitions_ += fmt::format("{}typedef {};\n", style_.indentation, text);
  }
}

void layout_writer::define_enumeration(type_id enumeration, const std::string& name) {
  const auto constants = types_.enumerators(enumeration);
  if (constants.empty())
    return;
  const auto size = types_.size_of(enumeration);
  const bool is_signed = types_.is_signed_enumeration(enumeration);
  std::string text = style_.indentation + "enum";
  if (!name.empty())
    text += " " + name;
  if (is_cxx() && is_fixed_width(size))
    text += " : " + integer_name(size, is_signed);
  text += " {\n";
  for (const auto constant : constants)
    text += fmt::format("{}{}{} = {},\n", style_.indentation, style_.indentation_step,
                        scope_.add(style_.prefix + std::string(constant.name)),
                        constant_text(constant.value, is_signed, size));
  definitions_ += text + style_.indentation + "};\n";
  if (!name.empty() && (is_cxx() || size == 4))
    assert_size("enum " + name, size);
}

void layout_writer::define_record(type_id record, const std::string& name) {
  const auto layout = layouts_.lay_out(record);
  name_scope record_scope;
  std::vector<std::string> names;
  const auto full_name = names_[record];
  if (layout.ends_with_flexible_array())
    flexible_records_.insert(full_name);
  const bool outer_has_callbacks =
      std::exchange(has_callbacks_, style_.struct_ops.contains(record));
  const auto text = body(layout, style_.indentation + style_.indentation_step, record_scope, names);
  has_callbacks_ = outer_has_callbacks;
  definitions_ += fmt::format("{}{} {} {{\n{}{}}}{};\n", style_.indentation, tag_word(record), name,
                              text, style_.indentation, attribute_of(layout));
  if (layout.size == 0)
    return;
  assert_size(full_name, layout.size);
  std::size_t member = 0;
  for (const auto& field : layout.fields) {
    if (field.what != layout_field::category::member)
      continue;
    const auto& member_name = names[member++];
    if (!member_name.empty())
      assert_offset(full_name, member_name, field.byte_offset());
  }
}

// Writes a flexible array with 0 elements, an extension that C++ compilers also have.
std::string layout_writer::dimension_text(const spelling& spelled) const {
  std::string text;
  for (const auto count : spelled.dimensions)
    text += fmt::format("[{}]", count);
  return text;
}

std::string layout_writer::declaration(type_id type, std::string_view name,
                                       std::string_view indentation, name_scope& record_scope) {
  const auto spelled = spell(type);
  std::string text;
  // Every C++ compiler has these extensions, but -Wpedantic warns about them.
  const bool is_empty = std::ranges::find(spelled.dimensions, 0U) != spelled.dimensions.end();
  if (is_empty || (spelled.inline_record != 0 && name.empty()))
    text += "__extension__ ";
  if (spelled.inline_record != 0) {
    const auto record = spelled.inline_record;
    const auto layout = layouts_.lay_out(record);
    // The members of an anonymous record are names of the surrounding record.
    name_scope own_scope;
    std::vector<std::string> names;
    // libbpf knows only the function pointers of the outer struct.
    const bool outer_has_callbacks = std::exchange(has_callbacks_, false);
    text += fmt::format("{} {{\n{}{}}}{}", tag_word(record),
                        body(layout, std::string(indentation) + style_.indentation_step,
                             name.empty() ? record_scope : own_scope, names),
                        indentation, attribute_of(layout));
    has_callbacks_ = outer_has_callbacks;
  } else {
    text += spelled.base;
    embeds_flexible_array_ = embeds_flexible_array_ || flexible_records_.contains(spelled.base);
  }
  if (!name.empty())
    text.append(1, ' ').append(name);
  return text + dimension_text(spelled);
}

std::string layout_writer::field_text(const layout_field& field, std::string_view indentation,
                                      name_scope& record_scope) {
  using category = layout_field::category;
  switch (field.what) {
    case category::byte_padding:
      return fmt::format("{} {}[{}]", integer_name(1, false), field.name, field.bytes);
    case category::bit_padding:
      return fmt::format("{} : {}", integer_name(1, false), field.bits);
    case category::bit_field: {
      const auto type = types_.skip_wrappers(field.type);
      const auto size = types_.size_of(type);
      if (!is_fixed_width(size))
        throw failure(fmt::format("bit-field '{}' is of a type with {} bytes", field.name, size));
      bool is_signed = false;
      if (types_.kind(type) == type_kind::integer) {
        if (types_.integer(type).is_bool)
          return fmt::format("bool {} : {}", field.name, field.bits);
        is_signed = types_.integer(type).is_signed;
      } else {
        is_signed = types_.is_signed_enumeration(type);
      }
      return fmt::format("{} {} : {}", integer_name(size, is_signed), field.name, field.bits);
    }
    case category::member:
      if (has_callbacks_ && is_function_pointer(field.type))
        return fmt::format("::ebpfkit::struct_ops_callback {}", field.name);
      return declaration(field.type, field.name, indentation, record_scope);
  }
  return {};
}

bool layout_writer::is_function_pointer(type_id type) const {
  const auto pointer = types_.skip_wrappers(type);
  return types_.kind(pointer) == type_kind::pointer &&
         types_.kind(types_.skip_wrappers(types_.target(pointer))) == type_kind::function_prototype;
}

// Returns the lines between the braces. Adds the final names of members, but not of bit-fields, to
// `names`.
std::string layout_writer::body(const fixed_layout& layout, std::string_view indentation,
                                name_scope& record_scope, std::vector<std::string>& names) {
  using category = layout_field::category;
  std::string text;
  unsigned padding_number = 0;
  auto fields = layout.fields;
  for (auto& field : fields) {
    if (!field.name.empty())
      field.name = record_scope.add(field.name);
    if (field.what == category::member)
      names.push_back(field.name);
  }
  for (auto& field : fields) {
    if (field.what == category::byte_padding) {
      do
        field.name = fmt::format("padding_{}", padding_number++);
      while (record_scope.contains(field.name));
      record_scope.reserve(field.name);
    }
    text += fmt::format("{}{};\n", indentation, field_text(field, indentation, record_scope));
  }
  return text;
}

// The expression shows what is wrong. _Static_assert in C needs a message as well (before C23).
void layout_writer::add_assertion(const std::string& expression) {
  assertions_ += style_.indentation + style_.static_assertion + "(" + expression;
  if (!is_cxx())
    assertions_ += ", \"differs from the BPF object\"";
  assertions_ += ");\n";
}

void layout_writer::assert_size(const std::string& type, std::uint64_t size) {
  add_assertion(fmt::format("sizeof({}) == {}", type, size));
}

void layout_writer::assert_offset(const std::string& type, std::string_view member,
                                  std::uint64_t offset) {
  add_assertion(fmt::format("offsetof({}, {}) == {}", type, member, offset));
}

void layout_writer::assert_shared_members(type_id record, const std::string& type,
                                          std::uint64_t base) {
  for (const auto member : types_.members(record)) {
    const auto member_type = types_.skip_wrappers(member.type);
    if (member.bitfield_size != 0)
      continue;
    const auto offset = base + member.bit_offset / 8;
    if (member.name.empty() && types_.is_record(member_type))
      assert_shared_members(member_type, type, offset);
    else if (!member.name.empty())
      assert_offset(type, member.name, offset);
  }
}

}  // namespace ebpfkit::host
