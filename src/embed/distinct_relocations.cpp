#include "embed/distinct_relocations.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "relocation/relocation_kind.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

// Writes types, with all types that they refer to, as text. Numbers the types in the order in which
// it meets them.
class type_writer {
 public:
  explicit type_writer(const type_graph& types) : types_(types) {}

  // The number of a type, 0 for void.
  std::size_t number(type_id type) {
    if (type == 0)
      return 0;
    const auto [entry, is_new] = numbers_.emplace(type, numbers_.size() + 1);
    if (is_new)
      pending_.push_back(type);
    return entry->second;
  }

  // The definitions of all numbered types and of the types that they refer to.
  std::string definitions() {
    // define() appends to the list.
    for (std::size_t i = 0; i < pending_.size(); ++i)
      define(pending_[i]);
    return std::move(text_);
  }

 private:
  // Writes the length before each text, so that different types never give the same text.
  void put(std::string_view text) {
    fmt::format_to(std::back_inserter(text_), "{}:{} ", text.size(), text);
  }
  void put(std::uint64_t value) { fmt::format_to(std::back_inserter(text_), "{} ", value); }

  void define(type_id type) {
    put(static_cast<std::uint64_t>(types_.kind(type)));
    put(types_.name(type));
    put(types_.size_of(type));
    switch (types_.kind(type)) {
      case type_kind::integer: {
        const auto encoding = types_.integer(type);
        put((encoding.is_signed ? 1U : 0U) | (encoding.is_char ? 2U : 0U) |
            (encoding.is_bool ? 4U : 0U));
        put(encoding.bit_offset);
        put(encoding.bits);
        break;
      }
      case type_kind::array: {
        const auto shape = types_.array(type);
        put(number(shape.element));
        put(shape.count);
        break;
      }
      case type_kind::structure:
      case type_kind::union_type:
        for (const auto& member : types_.members(type)) {
          put(member.name);
          put(number(member.type));
          put(member.bit_offset);
          put(member.bitfield_size);
        }
        break;
      case type_kind::enumeration:
      case type_kind::enumeration64:
        put(types_.is_signed_enumeration(type) ? 1 : 0);
        for (const auto& constant : types_.enumerators(type)) {
          put(constant.name);
          put(constant.value);
        }
        break;
      case type_kind::forward:
        put(types_.is_forward_union(type) ? 1 : 0);
        break;
      case type_kind::function_prototype:
        put(number(types_.target(type)));
        for (const auto& parameter : types_.parameters(type))
          put(number(parameter.type));
        break;
      case type_kind::data_section:
      case type_kind::floating_point:
      case type_kind::void_type:
        break;
      default:
        put(number(types_.target(type)));
        break;
    }
    text_ += '\n';
  }

  const type_graph& types_;
  std::map<type_id, std::size_t> numbers_;
  std::vector<type_id> pending_;
  std::string text_;
};

std::string instruction_text(const core_relocation& relocation) {
  const bool holds_id = relocation.kind == relocation_kind::type_id_local ||
                        relocation.kind == relocation_kind::type_id_target;
  const auto text = [&](const instruction& code) {
    return fmt::format("{}/{}/{}", code.code, code.offset, holds_id ? 0 : code.immediate);
  };
  const auto& code = relocation.code;
  if (!code.is_wide_load() || !code.second)
    return text(code.first);
  return fmt::format("{}+{}", text(code.first), text(*code.second));
}

}  // namespace

distinct_relocations find_distinct_relocations(std::span<const program_object> objects) {
  distinct_relocations found;
  std::string text;
  for (std::size_t object = 0; object < objects.size(); ++object) {
    const auto& types = objects[object].types();
    const auto relocations = objects[object].relocations();
    type_writer writer(types);
    std::set<std::string> seen;
    text += types.byte_order() == std::endian::little ? "little\n" : "big\n";
    for (std::size_t index = 0; index < relocations.size(); ++index) {
      const auto& relocation = relocations[index];
      // A relocation may name a type id that the object's BTF does not have: write "none".
      const auto type =
          types.contains(relocation.type) ? std::to_string(writer.number(relocation.type)) : "none";
      const auto line =
          fmt::format("{} {} {}:{} {} {}\n", static_cast<std::uint32_t>(relocation.kind), type,
                      relocation.access.raw().size(), relocation.access.raw(),
                      instruction_text(relocation), relocation.program.empty());
      if (!seen.insert(line).second)
        continue;
      text += line;
      found.list.push_back({object, index});
    }
    text += writer.definitions();
  }
  found.digest = sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return found;
}

}  // namespace ebpfkit::host
