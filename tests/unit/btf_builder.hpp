// Builds BTF by hand, sound or not, in either byte order.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

class btf_builder {
 public:
  struct member {
    std::string_view name;
    type_id type;
    std::uint32_t bit_offset;
    std::uint32_t bitfield_size = 0;
  };
  struct constant {
    std::string_view name;
    std::uint64_t value;
  };
  struct parameter {
    std::string_view name;
    type_id type;
  };

  // `first_type` and `first_text` are for split BTF.
  explicit btf_builder(std::endian order = std::endian::native, type_id first_type = 1,
                       std::uint32_t first_text = 0)
      : order_(order), next_(first_type), first_text_(first_text) {
    if (first_text == 0)
      text_.push_back('\0');
  }

  // Adds any type: three words of head, then `items`. Returns its id.
  type_id add(std::string_view name, type_kind kind, std::uint32_t count, bool flag,
              std::uint32_t size_or_type, const std::vector<std::uint32_t>& items = {}) {
    words_.insert(
        words_.end(),
        {text(name), (flag ? 1U << 31 : 0U) | static_cast<std::uint32_t>(kind) << 24 | count,
         size_or_type});
    words_.insert(words_.end(), items.begin(), items.end());
    return next_++;
  }

  type_id integer(std::string_view name, std::uint32_t size, bool is_signed = false) {
    return add(name, type_kind::integer, 0, false, size, {(is_signed ? 1U << 24 : 0U) | size * 8});
  }
  type_id wrap(type_kind kind, type_id target, std::string_view name = {}) {
    return add(name, kind, 0, false, target);
  }
  type_id pointer(type_id target) { return wrap(type_kind::pointer, target); }
  type_id type_definition(std::string_view name, type_id target) {
    return wrap(type_kind::type_definition, target, name);
  }
  type_id array(type_id element, std::uint32_t count) {
    return add({}, type_kind::array, 0, false, 0, {element, element, count});
  }
  type_id record(std::string_view name, std::uint32_t size, const std::vector<member>& members,
                 type_kind kind = type_kind::structure) {
    bool flag = false;
    for (const auto& field : members)
      flag = flag || field.bitfield_size != 0;
    std::vector<std::uint32_t> items;
    for (const auto& field : members)
      items.insert(items.end(),
                   {text(field.name), field.type,
                    flag ? field.bitfield_size << 24 | field.bit_offset : field.bit_offset});
    return add(name, kind, static_cast<std::uint32_t>(members.size()), flag, size, items);
  }
  type_id enumeration(std::string_view name, const std::vector<constant>& constants,
                      bool is_signed = false, std::uint32_t size = 4) {
    std::vector<std::uint32_t> items;
    for (const auto& entry : constants)
      items.insert(items.end(), {text(entry.name), static_cast<std::uint32_t>(entry.value)});
    return add(name, type_kind::enumeration, static_cast<std::uint32_t>(constants.size()),
               is_signed, size, items);
  }
  type_id enumeration64(std::string_view name, const std::vector<constant>& constants,
                        bool is_signed = false) {
    std::vector<std::uint32_t> items;
    for (const auto& entry : constants)
      items.insert(items.end(), {text(entry.name), static_cast<std::uint32_t>(entry.value),
                                 static_cast<std::uint32_t>(entry.value >> 32)});
    return add(name, type_kind::enumeration64, static_cast<std::uint32_t>(constants.size()),
               is_signed, 8, items);
  }
  type_id forward(std::string_view name, bool is_union = false) {
    return add(name, type_kind::forward, 0, is_union, 0);
  }
  type_id prototype(type_id result, const std::vector<parameter>& parameters) {
    std::vector<std::uint32_t> items;
    for (const auto& entry : parameters)
      items.insert(items.end(), {text(entry.name), entry.type});
    return add({}, type_kind::function_prototype, static_cast<std::uint32_t>(parameters.size()),
               false, result, items);
  }
  type_id function(std::string_view name, type_id prototype, symbol_linkage linkage) {
    return add(name, type_kind::function, static_cast<std::uint32_t>(linkage), false, prototype);
  }
  type_id variable(std::string_view name, type_id type, symbol_linkage linkage) {
    return add(name, type_kind::variable, 0, false, type, {static_cast<std::uint32_t>(linkage)});
  }

  // Puts the text into the string section and returns its offset.
  std::uint32_t text(std::string_view text) {
    if (text.empty())
      return 0;
    const auto offset = first_text_ + static_cast<std::uint32_t>(text_.size());
    text_ += text;
    text_.push_back('\0');
    return offset;
  }
  std::uint32_t text_size() const { return static_cast<std::uint32_t>(text_.size()); }

  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> out{0x9f, 0xeb, 1, 0};
    if (order_ == std::endian::big)
      std::swap(out[0], out[1]);
    const auto types_size = static_cast<std::uint32_t>(words_.size() * 4);
    for (const auto word : {24U, 0U, types_size, types_size, text_size()})
      put(out, word);
    for (const auto word : words_)
      put(out, word);
    out.insert(out.end(), text_.begin(), text_.end());
    return out;
  }

 private:
  void put(std::vector<std::uint8_t>& out, std::uint32_t word) const {
    for (int i = 0; i < 4; ++i)
      out.push_back(
          static_cast<std::uint8_t>(word >> (order_ == std::endian::little ? i : 3 - i) * 8));
  }

  std::endian order_;
  type_id next_;
  std::uint32_t first_text_;
  std::vector<std::uint32_t> words_;
  std::string text_;
};

// One type of each kind.
inline std::vector<std::uint8_t> sample_btf(std::endian order = std::endian::native) {
  btf_builder btf(order);
  const auto integer = btf.integer("int", 4, true);  // 1
  const auto letter = btf.integer("char", 1, true);  // 2
  const auto pointer = btf.pointer(6);               // 3
  const auto letters = btf.array(letter, 16);        // 4
  const auto inner = btf.record({}, 4, {{"low", integer, 0, 3}, {"high", integer, 3, 7}},
                                type_kind::union_type);                                     // 5
  btf.record("node", 32, {{"next", pointer, 0}, {"name", letters, 64}, {{}, inner, 192}});  // 6
  btf.enumeration("color", {{"RED", 0}, {"GREEN", ~0ULL}}, true);                           // 7
  btf.enumeration64("big", {{"HUGE", 0x123456789abcdef0}});                                 // 8
  const auto other = btf.forward("other");                                                  // 9
  btf.wrap(type_kind::volatile_qualifier, integer);                                         // 10
  const auto constant = btf.wrap(type_kind::const_qualifier, other);                        // 11
  const auto to_other = btf.pointer(constant);                                              // 12
  btf.wrap(type_kind::restrict_qualifier, to_other);                                        // 13
  const auto prototype = btf.prototype(integer, {{"from", to_other}, {{}, 0}});             // 14
  btf.function("send.part.0", prototype, symbol_linkage::global);                           // 15
  const auto variable = btf.variable("total", integer, symbol_linkage::external);           // 16
  btf.add(".data", type_kind::data_section, 1, false, 4, {variable, 0, 4});                 // 17
  btf.add("double", type_kind::floating_point, 0, false, 8);                                // 18
  btf.add("contains:node", type_kind::declaration_tag, 0, false, 6, {1});                   // 19
  const auto tag = btf.wrap(type_kind::type_tag, integer, "user");                          // 20
  btf.type_definition("tagged_t", btf.pointer(tag));                                        // 22
  return btf.bytes();
}

}  // namespace ebpfkit::host::test
