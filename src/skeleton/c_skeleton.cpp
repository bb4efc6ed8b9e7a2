#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "skeleton/layout_writer.hpp"
#include "skeleton/skeleton.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"

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
    const auto lines = split_lines(text);
    lines_ = lines;
    while (position_ < lines_.size())
      step();
    for (const auto* expected : {&guard_, &include_, &type_, &bytes_})
      require(expected->found, expected->what);
    for (const auto& section : object_.data_sections())
      // bpftool 7.1 leaves out .bss.*. Newer versions of libbpf map these sections.
      require(sections_found_.contains(section.identifier()) || section.name.starts_with(".bss."),
              fmt::format("'struct {}__{}'", name_, section.identifier()));
    return output_;
  }

 private:
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
            .shared = read_shared_headers(request_.shared_headers)};
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
    for (const auto& section : object_.data_sections())
      scope_.reserve(fmt::format("{}__{}", name_, section.identifier()));
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
      sections_.emplace(section.identifier(),
                        writer_.members(fields_of(section), section.size, "\t\t"));
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
    } else if (line == fmt::format("static inline const void *{}__elf_bytes(size_t *sz)", name_)) {
      replace_bytes();
    } else if (line.starts_with(fmt::format("{}__assert(struct {} *", name_, name_))) {
      replace_assertions();
    } else if (line.starts_with("#endif /* __") && line.ends_with("_SKEL_H__ */")) {
      if (!has_assertions_)
        add_assertions();
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
    const std::string section(line);
    const auto known = sections_.find(section);
    if (known == sections_.end()) {
      // A section without variables has an empty struct.
      copy_line();
      return;
    }
    output_ +=
        fmt::format("\tstruct {}__{} {{\n{}\t}}{} *{};\n", name_, section, known->second.lines,
                    known->second.packed ? " __attribute__((packed))" : "", section);
    sections_found_.insert(section);
    skip_behind("\t} *");
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
    for (const auto& section : object_.data_sections()) {
      const auto identifier = section.identifier();
      const auto& members = sections_.at(identifier);
      const auto type = fmt::format("__typeof__(*s->{})", identifier);
      text += fmt::format("{}(sizeof({}) == {}, \"unexpected size of '{}'\");\n", assertion(), type,
                          section.size, section.name);
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
  std::map<std::string, layout_writer::member_text> sections_;
  std::set<std::string> sections_found_;
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

std::string error_header(const bpf_object_file& object, const skeleton_request& request,
                         const std::string& bpftool) {
  return fmt::format(
      "/* Generated by ebpfkit. */\n"
      "#error \"{0}: the object is {1}-endian, and {2} reads objects of its own byte order only. "
      "Generate it with a bpftool that has libbpf 1.5 or newer, or use {3}.skel.hpp.\"\n",
      request.c_header_name(), object.byte_order() == std::endian::big ? "big" : "little", bpftool,
      request.name);
}

}  // namespace

std::string rewrite_bpftool_skeleton(const std::string& text, const bpf_object_file& object,
                                     const skeleton_request& request,
                                     const std::string& bpftool_version) {
  return rewriter(object, request, bpftool_version).run(text);
}

std::string make_c_skeleton(const bpf_object_file& object, const skeleton_request& request,
                            const std::string& bpftool) {
  const auto name = request.object_name();
  check_skeleton_name(request.name);
  check_skeleton_name(name);
  // bpftool silently truncates longer names (MAX_OBJ_NAME_LEN in its gen.c).
  constexpr std::size_t longest_name = 63;
  if (name.size() > longest_name)
    throw failure(
        fmt::format("'{}': bpftool takes names of up to {} characters", name, longest_name),
        "Give ebpf_add_skeleton() a shorter C_NAME, or ebpf_add_program() a shorter OUTPUT_NAME.");
  const auto result = run_process({bpftool, "gen", "skeleton", object.path(), "name", name});
  if (result.exit_status == 0)
    return rewrite_bpftool_skeleton(result.output, object, request, version_of(bpftool));
  if (object.byte_order() != std::endian::native) {
    const auto version = run_process({bpftool, "version"}).output;
    return error_header(object, request, version.substr(0, version.find('\n')));
  }
  throw failure(fmt::format("'{} gen skeleton {}' failed with status {}:\n{}", bpftool,
                            object.path(), result.exit_status, result.errors),
                "The lines above are bpftool's own.");
}

}  // namespace ebpfkit::host
