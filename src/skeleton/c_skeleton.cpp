#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/convert_byte_order.hpp"
#include "skeleton/layout_writer.hpp"
#include "skeleton/macro_shield.hpp"
#include "skeleton/skeleton.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/source_text.hpp"

namespace ebpfkit::host {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<placed_field> fields_of(const bpf_data_section& section) {
  std::vector<placed_field> fields;
  for (const auto& variable : section.variables)
    fields.push_back({variable.name, variable.type, variable.offset});
  return fields;
}

// Copies bpftool's text line by line and replaces parts of it.
class rewriter {
 public:
  rewriter(const bpf_object_file& object, const skeleton_request& request,
           const std::string& bpftool_version)
      : object_(object),
        request_(request),
        bpftool_version_(bpftool_version),
        name_(request.object_name()),
        writer_(object.types(), style(), scope_) {}

  std::string run(const std::string& text) {
    reserve_names();
    define_types();
    shield_ = shield_from_macros(names_of_the_object());
    const auto lines = split_lines(text);
    lines_ = lines;
    name_maps();
    while (position_ < lines_.size())
      step();
    for (const auto* expected : {&guard_, &include_, &type_, &bytes_})
      require(expected->found, expected->what);
    for (const auto& section : object_.data_sections())
      // bpftool 7.1 leaves out .bss.*, which newer libbpf maps.
      require(
          section_names_found_.contains(section.identifier()) || section.name.starts_with(".bss."),
          fmt::format("'struct {}__{}'", name_, section.identifier()));
    return output_;
  }

 private:
  // The beginnings of lines that bpftool writes for each map.
  static constexpr std::string_view map_member_begin = "\t\tstruct bpf_map *";
  static constexpr std::string_view program_member_begin = "\t\tstruct bpf_program *";
  static constexpr std::string_view link_member_begin = "\t\tstruct bpf_link *";
  static constexpr std::string_view map_address = "map = &obj->maps.";
  static constexpr std::string_view program_address = "prog = &obj->progs.";
  static constexpr std::string_view link_address = "link = &obj->links.";
  static constexpr std::string_view memory_address = "mmaped = (void **)&obj->";

  struct part {
    std::string what;
    bool found = false;
  };

  layout_style style() const {
    return {.language = layout_language::c,
            .prefix = name_ + "__",
            .indentation = "",
            .indentation_step = "\t",
            .static_assertion = assertion(),
            .shared = read_shared_headers(request_.shared_headers),
            .struct_ops = {}};
  }

  std::string assertion() const { return name_ + "__STATIC_ASSERT"; }

  void require(bool found, std::string_view what) const {
    if (!found)
      throw failure(fmt::format("'{}': the skeleton that {} made has no {}", object_.path(),
                                bpftool_version_, what),
                    "Name a bpftool between 6.8 and 7.x: -DEBPFKIT_BPFTOOL=<path>; or use the C++ "
                    "skeleton, which needs none.");
  }

  // Reserves the names of functions and structs that bpftool defines.
  void reserve_names() {
    for (const auto* name : {"open", "open_opts", "open_and_load", "load", "attach", "detach",
                             "destroy", "create_skeleton", "elf_bytes", "assert", "STATIC_ASSERT"})
      scope_.reserve(fmt::format("{}__{}", name_, name));
    name_scope section_scope;
    section_identifiers_ = section_identifiers(object_, section_scope, "");
    for (const auto& identifier : section_identifiers_)
      scope_.reserve(fmt::format("{}__{}", name_, identifier));
  }

  void define_types() {
    for (const auto& map : object_.maps()) {
      for (const auto& [type, suffix] :
           {std::pair(map.key, "_key"), std::pair(map.value, "_value")}) {
        if (type != 0 && object_.types().size_of(type) != 0)
          writer_.type_name(type, map.name + suffix);
      }
    }
    for (const auto type : find_types(object_, request_.types))
      writer_.define(type);
    for (const auto& section : object_.data_sections())
      sections_.push_back(writer_.members(fields_of(section), section.size, "\t\t"));
  }

  // The text has the names that the object brings. The application may use the others through
  // macros.
  std::string names_of_the_object() const {
    auto text = writer_.definitions() + writer_.assertions();
    for (const auto& map : object_.maps())
      text += map.name + ' ';
    for (const auto& program : object_.programs())
      text += program.name + ' ';
    for (const auto& identifier : section_identifiers_)
      text += identifier + ' ';
    for (const auto& members : sections_)
      text += members.lines;
    return text;
  }

  void step() {
    const auto line = lines_[position_];
    if (line.starts_with("#define __") && line.ends_with("_SKEL_H__")) {
      copy_line();
      output_ += "#pragma GCC system_header\n";
      guard_.found = true;
    } else if (line == "#include <bpf/libbpf.h>") {
      output_ += "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n";
      copy_line();
      for (const auto& header : request_.shared_headers)
        output_ += fmt::format("#include \"{}\"\n", header.include_name);
      include_.found = true;
    } else if (line == fmt::format("struct {} {{", name_)) {
      write_declarations();
      copy_line();
      type_.found = true;
    } else if (line.starts_with(fmt::format("\tstruct {}__", name_)) && line.ends_with(" {")) {
      replace_section(line);
    } else if (line.starts_with(map_member_begin) && map_members_written_ < map_members_.size()) {
      output_ += fmt::format("{}{};\n", map_member_begin, map_members_[map_members_written_++]);
      ++position_;
    } else if (line.starts_with(program_member_begin) || line.starts_with(link_member_begin)) {
      const auto begin =
          line.starts_with(program_member_begin) ? program_member_begin : link_member_begin;
      replace_behind(begin, member_of(line.substr(begin.size())));
    } else if (line.find(program_address) != line.npos) {
      replace_member(program_address);
    } else if (line.find(link_address) != line.npos) {
      replace_member(link_address);
    } else if (line.find(map_address) != line.npos) {
      replace_behind(map_address, next_map_member());
    } else if (line.find(memory_address) != line.npos) {
      replace_memory(line);
    } else if (line == fmt::format("static inline const void *{}__elf_bytes(size_t *sz)", name_)) {
      replace_bytes();
    } else if (line.starts_with(fmt::format("{}__assert(struct {} *", name_, name_))) {
      replace_assertions();
    } else if (line.starts_with("#endif /* __") && line.ends_with("_SKEL_H__ */")) {
      if (!has_assertions_)
        add_assertions();
      output_ += shield_.end;
      copy_line();
    } else {
      copy_line();
    }
  }

  void copy_line() {
    output_ += lines_[position_++];
    output_ += '\n';
  }

  void skip_behind(std::string_view last_line_begin) {
    while (position_ < lines_.size() && !lines_[position_].starts_with(last_line_begin))
      ++position_;
    require(position_ < lines_.size(), fmt::format("line that starts with '{}'", last_line_begin));
    ++position_;
  }

  void write_declarations() {
    output_ += fmt::format(R"(/* The bytes of the object, in a source of their own. */
#ifdef __cplusplus
extern "C" {{
#endif
extern const unsigned char {0}[] __attribute__((visibility("hidden")));
extern const size_t {0}_size __attribute__((visibility("hidden")));
#ifdef __cplusplus
}}
#endif

)",
                           request_.bytes_symbol());
    output_ += shield_.begin + '\n';
    if (writer_.definitions().empty())
      return;
    output_ +=
        "/* The object's types, with its layout: padding is explicit, pointers are 64 bits. */\n";
    output_ += writer_.definitions();
    output_ += '\n';
  }

  void replace_section(std::string_view line) {
    line.remove_prefix(fmt::format("\tstruct {}__", name_).size());
    line.remove_suffix(2);
    const std::string section_name(line);
    const auto sections = sections_named(section_name);
    const bool is_empty =
        position_ + 1 < lines_.size() && lines_[position_ + 1].starts_with("\t} *");
    if (sections.empty() && is_empty) {
      copy_line();
      return;
    }
    // bpftool writes the same struct again for another section with the same identifier. Before 7.5
    // it also writes structs of sections whose variables are all hidden.
    const bool is_first = section_names_found_.insert(section_name).second;
    for (const auto section : sections) {
      if (is_first)
        output_ += fmt::format("\tstruct {}__{} {{\n{}\t}}{} *{};\n", name_,
                               section_identifiers_[section], sections_[section].lines,
                               sections_[section].packed ? " __attribute__((packed))" : "",
                               section_identifiers_[section]);
    }
    skip_behind("\t} *");
  }

  // The sections that bpftool gives this identifier.
  std::vector<std::size_t> sections_named(std::string_view identifier) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < object_.data_sections().size(); ++i) {
      if (object_.data_sections()[i].identifier() == identifier)
        found.push_back(i);
    }
    return found;
  }

  // bpftool writes the maps in one order, first as members, then in create_skeleton(). A map and a
  // section, or two sections, may have the same identifier.
  void name_maps() {
    name_scope members;
    for (const auto line : lines_) {
      if (line == "\t} maps;")
        break;
      if (!line.starts_with(map_member_begin) || !line.ends_with(';'))
        continue;
      const auto identifier =
          line.substr(map_member_begin.size(), line.size() - map_member_begin.size() - 1);
      map_members_.push_back(members.add(identifier));
    }
  }

  // The member for a program or a link, whose name stands at the beginning of `text`.
  std::string member_of(std::string_view text) {
    const std::string name(text.substr(0, text.find(';')));
    const auto [known, is_new] = members_of_programs_.try_emplace(name);
    if (is_new)
      known->second = program_members_.add(name);
    return known->second;
  }

  // Replaces the name of a program's or link's member behind `address` in the current line.
  void replace_member(std::string_view address) {
    const auto line = lines_[position_];
    replace_behind(address, member_of(line.substr(line.find(address) + address.size())));
  }

  const std::string& next_map_member() {
    require(map_members_used_ < map_members_.size(), "member for each map");
    return map_members_[map_members_used_++];
  }

  // Replaces what stands in the current line between `begin` and the semicolon.
  void replace_behind(std::string_view begin, std::string_view name) {
    const auto line = lines_[position_++];
    output_ += fmt::format("{}{};\n", line.substr(0, line.find(begin) + begin.size()), name);
  }

  // "map->mmaped = (void **)&obj->IDENTIFIER;" tells libbpf where to put the address of a section's
  // memory. The map's name stands two lines above.
  void replace_memory(std::string_view line) {
    auto identifier = line.substr(line.find(memory_address) + memory_address.size());
    identifier = identifier.substr(0, identifier.find(';'));
    const auto sections = sections_named(identifier);
    if (sections.empty() && !section_names_found_.contains(std::string(identifier))) {
      copy_line();
      return;
    }
    auto map_name = position_ < 2 ? std::string_view() : lines_[position_ - 2];
    map_name = map_name.substr(std::min(map_name.find('"'), map_name.size()));
    for (const auto section : sections) {
      // libbpf calls the map of a section such as .data.a by the section's name; of sections such
      // as .bss there is only one.
      const auto exact_name = fmt::format("\"{}\";", object_.data_sections()[section].name);
      const bool has_own_name = map_name.starts_with("\".");
      if (map_name == exact_name || (!has_own_name && sections.size() == 1)) {
        replace_behind(memory_address, section_identifiers_[section]);
        return;
      }
    }
    // The section has no struct.
    ++position_;
  }

  void replace_bytes() {
    copy_line();
    skip_behind("}");
    output_ += fmt::format("{{\n\t*sz = {0}_size;\n\treturn (const void *){0};\n}}\n",
                           request_.bytes_symbol());
    bytes_.found = true;
  }

  // bpftool before 7.0 does not write this function.
  void add_assertions() {
    output_ += fmt::format(
        "__attribute__((unused)) static void\n{0}__assert(struct {0} *s "
        "__attribute__((unused)))\n",
        name_);
    write_assertions();
    output_ += '\n';
  }

  void replace_assertions() {
    copy_line();
    skip_behind("}");
    write_assertions();
  }

  void write_assertions() {
    output_ += fmt::format(R"({{
#ifdef __cplusplus
#define {0} static_assert
#else
#define {0} _Static_assert
#endif
{1}{2}#undef {0}
}}
)",
                           assertion(), writer_.assertions(), section_assertions());
    has_assertions_ = true;
  }

  std::string section_assertions() const {
    std::string text;
    for (std::size_t index = 0; index < sections_.size(); ++index) {
      const auto& section = object_.data_sections()[index];
      const auto& identifier = section_identifiers_[index];
      // bpftool 7.1 leaves out .bss.*.
      if (!section_names_found_.contains(section.identifier()))
        continue;
      const auto& members = sections_[index];
      const auto type = fmt::format("__typeof__(*s->{})", identifier);
      text += fmt::format("{}(sizeof({}) == {}, {});\n", assertion(), type, section.size,
                          c_string_literal("unexpected size of '" + section.name + "'"));
      for (std::size_t i = 0; i < members.names.size(); ++i)
        text += fmt::format("{}(offsetof({}, {}) == {}, \"differs from the BPF object\");\n",
                            assertion(), type, members.names[i], members.offsets[i]);
    }
    return text;
  }

  const bpf_object_file& object_;
  const skeleton_request& request_;
  const std::string& bpftool_version_;
  const std::string name_;  // bpftool's prefix of each function and type
  name_scope scope_;
  layout_writer writer_;
  macro_shield shield_;
  std::vector<std::string> section_identifiers_;      // of object_.data_sections()
  std::vector<layout_writer::member_text> sections_;  // of the same
  std::set<std::string> section_names_found_;         // as bpftool writes them
  std::vector<std::string> map_members_;              // in bpftool's order, each once
  std::size_t map_members_written_ = 0;
  std::size_t map_members_used_ = 0;
  name_scope program_members_;
  std::map<std::string, std::string> members_of_programs_;  // by the name of the program
  std::vector<std::string_view> lines_;
  std::size_t position_ = 0;
  std::string output_;
  bool has_assertions_ = false;
  part guard_{"include guard"};
  part include_{"#include <bpf/libbpf.h>"};
  part type_{"struct of the skeleton"};
  part bytes_{"function '..__elf_bytes'"};
};

std::string version_of(const std::string& bpftool) {
  const auto result = run_process({bpftool, "version"});
  auto text = result.output.substr(0, result.output.find("\nfeatures"));
  for (auto& c : text) {
    if (c == '\n')
      c = ' ';
  }
  return fmt::format("'{}' ({})", bpftool, text.empty() ? "of unknown version" : text);
}

// What to do about a message of bpftool.
const char* remedy_of(std::string_view errors) {
  // libbpf 1.1 maps .bss alone (bpf_object__elf_collect()).
  if (errors.find("in section '.bss.") != errors.npos)
    return "This bpftool knows no sections .bss.*. Put the variables into .bss or .data.*, or name "
           "a newer bpftool: -DEBPFKIT_BPFTOOL=<path>.";
  return "The lines above are bpftool's own.";
}

// Runs `bpftool gen skeleton`, which prints a header.
process_result print_skeleton(const bpf_object_file& object, const std::string& name,
                              const std::string& bpftool, const std::filesystem::path& output) {
  if (object.byte_order() == std::endian::native)
    return run_process({bpftool, "gen", "skeleton", object.path(), "name", name});
  const temporary_file copy(output);
  const auto bytes = convert_byte_order(object.bytes(), object.path());
  write_output(copy.path(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
               unchanged::keep);
  return run_process({bpftool, "gen", "skeleton", copy.path().string(), "name", name});
}

}  // namespace

std::string rewrite_bpftool_skeleton(const std::string& text, const bpf_object_file& object,
                                     const skeleton_request& request,
                                     const std::string& bpftool_version) {
  return rewriter(object, request, bpftool_version).run(text);
}

std::string make_c_skeleton(const bpf_object_file& object, const skeleton_request& request,
                            const std::string& bpftool, const std::filesystem::path& output) {
  const auto name = request.object_name();
  check_program_name(request.name);
  check_skeleton_name(name);
  // bpftool silently truncates longer names (MAX_OBJ_NAME_LEN in its gen.c).
  constexpr std::size_t longest_name = 63;
  if (name.size() > longest_name)
    throw failure(
        fmt::format("'{}': bpftool takes names of up to {} characters", name, longest_name),
        "Give ebpf_add_skeleton() a shorter C_NAME, or ebpf_add_program() a shorter OUTPUT_NAME.");
  const auto result = print_skeleton(object, name, bpftool, output);
  if (result.exit_status == 0)
    return rewrite_bpftool_skeleton(result.output, object, request, version_of(bpftool));
  throw failure(fmt::format("'{} gen skeleton {}' failed with status {}:\n{}", bpftool,
                            object.path(), result.exit_status, result.errors),
                remedy_of(result.errors));
}

}  // namespace ebpfkit::host
