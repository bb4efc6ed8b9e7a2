#include "relocation_program_maker.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace ebpfkit::host::test {

namespace {

constexpr int programs_each = 4;
constexpr int statements_each = 25;

struct chosen_field {
  std::string path;  // ".a.b[2]"
  type_id type = 0;  // without wrappers
  bool is_bitfield = false;
  bool is_element = false;
};

class program_maker {
 public:
  program_maker(const type_graph& kernel, unsigned seed) : kernel_(kernel), random_(seed) {
    for (type_id type = 1; type < kernel.type_count(); ++type) {
      if (kernel.is_enumeration(type)) {
        for (const auto& each : kernel.enumerators(type))
          ++enumerator_uses_[each.name];
      }
      const auto name = kernel.name(type);
      // bpftool renames later types of the same name, and drops types with the names of builtins.
      if (name.empty() || name.find("___") != name.npos || name.starts_with("__builtin") ||
          kernel.find(name).size() != 1)
        continue;
      if (kernel.is_record(type) && kernel.members(type).size() > 1)
        records_.push_back(type);
      if (kernel.is_enumeration(type) && !kernel.enumerators(type).empty())
        enumerations_.push_back(type);
      if (kernel.kind(type) == type_kind::type_definition &&
          kernel.kind(kernel.skip_wrappers(type)) != type_kind::void_type)
        definitions_.push_back(type);
    }
  }

  std::string run() {
    std::string body;
    for (int program = 0; program < programs_each; ++program) {
      body += fmt::format("SEC(\"raw_tracepoint/sys_enter\")\nint program_{}(void *ctx)\n{{\n",
                          program);
      for (int i = 0; i < statements_each; ++i)
        body += statement();
      body += "\treturn 0;\n}\n\n";
    }
    return "#include \"vmlinux.h\"\n"
           "#define SEC(name) __attribute__((section(name), used))\n"
           "#define SINK(value) do { unsigned long long kept = (unsigned long long)(value); "
           "asm volatile(\"\" : : \"r\"(kept)); } while (0)\n" +
           flavours_ + "\n" + body + "char license_text[] SEC(\"license\") = \"GPL\";\n";
  }

 private:
  template <class Item>
  const Item& pick(const std::vector<Item>& items) {
    return items[random_() % items.size()];
  }

  std::string tag(type_id record) {
    return fmt::format("{} {}", kernel_.kind(record) == type_kind::structure ? "struct" : "union",
                       kernel_.name(record));
  }

  // clang 19 crashes when a builtin asks for a member that is a record without members.
  bool is_empty_record(type_id type) const {
    const auto record = kernel_.skip_wrappers(type);
    return kernel_.is_record(record) && kernel_.size_of(record) == 0;
  }

  // A random path into the record. Nothing if it ends in an anonymous member or an empty record.
  std::optional<chosen_field> choose_field(type_id record) {
    chosen_field field;
    auto current = record;
    for (int depth = 0; depth < 6; ++depth) {
      if (kernel_.is_record(current)) {
        const auto members = kernel_.members(current);
        if (members.empty())
          break;
        const auto member = members[static_cast<std::uint32_t>(random_() % members.size())];
        if (!member.name.empty())
          field.path += fmt::format(".{}", member.name);
        field.is_bitfield = member.bitfield_size != 0;
        field.is_element = false;
        current = kernel_.skip_wrappers(member.type);
        if (member.name.empty())
          continue;
      } else if (kernel_.kind(current) == type_kind::array && random_() % 2 == 0) {
        const auto shape = kernel_.array(current);
        field.path += fmt::format("[{}]", shape.count == 0 ? 3 : random_() % shape.count);
        field.is_element = true;
        current = kernel_.skip_wrappers(shape.element);
      }
      if (random_() % 3 == 0)
        break;
    }
    field.type = current;
    if (field.path.empty() || is_empty_record(current))
      return std::nullopt;
    return field;
  }

  bool is_scalar(type_id type) const {
    return kernel_.kind(type) == type_kind::pointer || kernel_.is_enumeration(type) ||
           (kernel_.kind(type) == type_kind::integer && kernel_.size_of(type) <= 8);
  }

  std::string field_statement() {
    const auto record = pick(records_);
    const auto field = choose_field(record);
    if (!field)
      return {};
    const auto access = fmt::format("(({} *)ctx)->{}", tag(record), field->path.substr(1));
    if (is_scalar(field->type) && random_() % 3 == 0)
      return fmt::format("\tSINK({});\n", access);
    // Ask for offset and size of elements. Ask for existence only of other fields, and for
    // signedness and shifts only of integers.
    std::vector<int> kinds = {0, 1};
    if (!field->is_element) {
      kinds.push_back(2);
      if (kernel_.kind(field->type) == type_kind::integer && kernel_.size_of(field->type) <= 8)
        kinds.insert(kinds.end(), {3, 4, 5});
    }
    return fmt::format("\tSINK(__builtin_preserve_field_info({}, {}));\n", access, pick(kinds));
  }

  // Declares a local struct with a few members of the kernel's struct.
  std::string flavour_statement() {
    const auto record = pick(records_);
    std::vector<std::string> names;
    for (const auto& member : kernel_.members(record)) {
      if (!member.name.empty() && member.bitfield_size == 0 && !is_empty_record(member.type) &&
          random_() % 3 == 0)
        names.emplace_back(member.name);
    }
    if (names.empty() || names.size() > 30)
      return {};
    const auto flavour = fmt::format("{}___local{}", tag(record), flavour_count_++);
    flavours_ += flavour + " {\n";
    for (const auto& name : names)
      flavours_ += fmt::format("\ttypeof((({} *)0)->{}) {};\n", tag(record), name, name);
    flavours_ += "} __attribute__((preserve_access_index));\n";
    return fmt::format(
        "\tSINK(__builtin_preserve_field_info((({} *)ctx)->{}, {}));\n"
        "\tSINK(__builtin_preserve_type_info(*({} *)0, {}));\n",
        flavour, pick(names), random_() % 3, flavour, random_() % 2);
  }

  std::string type_statement() {
    const auto is_record = random_() % 4 != 0;
    const auto type =
        is_record ? tag(pick(records_)) : std::string(kernel_.name(pick(definitions_)));
    // A typedef for a function or for an unknown struct has no size.
    switch (random_() % 4) {
      case 0:
        return fmt::format("\tSINK(__builtin_btf_type_id(*({} *)0, {}));\n", type, random_() % 2);
      case 1:
        if (is_record)
          return fmt::format("\tSINK(__builtin_preserve_type_info(*({} *)0, 1));\n", type);
        [[fallthrough]];
      default:
        return fmt::format("\tSINK(__builtin_preserve_type_info(*({} *)0, 0));\n", type);
    }
  }

  std::string enumerator_statement() {
    const auto enumeration = pick(enumerations_);
    const auto enumerators = kernel_.enumerators(enumeration);
    const auto enumerator = enumerators[static_cast<std::uint32_t>(random_() % enumerators.size())];
    // When two enumerators have the same name, bpftool renames the later one.
    if (enumerator_uses_[enumerator.name] != 1)
      return {};
    return fmt::format("\tSINK(__builtin_preserve_enum_value(*(enum {} *){}, {}));\n",
                       kernel_.name(enumeration), enumerator.name, random_() % 2);
  }

  std::string statement() {
    switch (random_() % 8) {
      case 0:
        return enumerator_statement();
      case 1:
      case 2:
        return type_statement();
      case 3:
        return flavour_statement();
      default:
        return field_statement();
    }
  }

  const type_graph& kernel_;
  std::mt19937 random_;
  std::vector<type_id> records_;
  std::vector<type_id> enumerations_;
  std::vector<type_id> definitions_;
  std::map<std::string_view, int> enumerator_uses_;
  std::string flavours_;
  int flavour_count_ = 0;
};

}  // namespace

std::string make_program(const type_graph& kernel, unsigned seed) {
  return program_maker(kernel, seed).run();
}

}  // namespace ebpfkit::host::test
