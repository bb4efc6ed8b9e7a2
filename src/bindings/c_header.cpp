#include "bindings/c_header.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "bindings/btf_writer.hpp"
#include "bindings/layout_matters.hpp"
#include "bindings/owned_btf.hpp"
#include "bindings/record_layout.hpp"
#include "btf/decl_tags.hpp"
#include "support/failure.hpp"
#include "support/source_text.hpp"

namespace ebpfkit::host {

namespace {

struct btf_dump_closer {
  void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};

// Keeps libbpf from writing its own messages to the standard error.
class silent_libbpf {
 public:
  silent_libbpf() : previous_(libbpf_set_print(nullptr)) {}
  ~silent_libbpf() { libbpf_set_print(previous_); }
  silent_libbpf(const silent_libbpf&) = delete;
  silent_libbpf& operator=(const silent_libbpf&) = delete;

 private:
  libbpf_print_fn_t previous_;
};

// The types that bpf_helper_defs.h uses, with the definitions that Linux gives them, but without
// other typedefs.
constexpr std::array<std::pair<const char*, const char*>, 13> helper_types = {{
    {"__u8", "unsigned char"},
    {"__s8", "signed char"},
    {"__u16", "unsigned short"},
    {"__s16", "short"},
    {"__u32", "unsigned int"},
    {"__s32", "int"},
    {"__u64", "unsigned long long"},
    {"__s64", "long long"},
    {"__be16", "unsigned short"},
    {"__be32", "unsigned int"},
    {"__be64", "unsigned long long"},
    {"__sum16", "unsigned short"},
    {"__wsum", "unsigned int"},
}};

// Collects the text that libbpf prints in small pieces. libbpf is C, so append_formatted() must not
// throw.
struct text_sink {
  std::string text;
  bool is_out_of_memory = false;
};

void append_formatted(void* context, const char* format, va_list arguments) noexcept {
  auto& sink = *static_cast<text_sink*>(context);
  std::array<char, 512> buffer;
  va_list again;
  va_copy(again, arguments);
  const auto length = std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
  try {
    if (length > 0 && static_cast<std::size_t>(length) < buffer.size()) {
      sink.text.append(buffer.data(), static_cast<std::size_t>(length));
    } else if (length > 0) {
      const auto used = sink.text.size();
      sink.text.resize(used + static_cast<std::size_t>(length) + 1);
      std::vsnprintf(sink.text.data() + used, static_cast<std::size_t>(length) + 1, format, again);
      sink.text.pop_back();
    }
  } catch (...) {
    sink.is_out_of_memory = true;
  }
  va_end(again);
}

// The text before the records that have only some of their members: it defines their decl tag and
// their guard. The guard consists of 64-bit bitfields without names, which BTF leaves out.
std::string partial_record_prelude(const type_graph& graph, const type_selection& selection) {
  static_assert(guard_bytes == 8 * 8 * 4 * 8);
  std::string declarations;
  for (const auto& [record, members] : selection.members) {
    if (selection.extents[record] == record_extent::members && !graph.name(record).empty())
      declarations += fmt::format("{} EBPFKIT_SOME_MEMBERS {};\n", kind_name(graph.kind(record)),
                                  graph.name(record));
  }
  if (declarations.empty())
    return {};
  return fmt::format(
      R"(// These records have only some of the kernel's members. The loader relocates the members' offsets,
// but the records do not have the kernel's size: use only pointers to them. A local variable or a
// copy of such a record does not compile, because it is larger than the BPF stack. Linking fails if
// a map or a global variable holds such a record.
#if __has_attribute(btf_decl_tag)
#define EBPFKIT_SOME_MEMBERS __attribute__((btf_decl_tag("{}")))
#else
#define EBPFKIT_SOME_MEMBERS
#endif
#define EBPFKIT_8_TIMES(text) text text text text text text text text
#define EBPFKIT_POINTERS_ONLY \
  EBPFKIT_8_TIMES(EBPFKIT_8_TIMES(long : 64; long : 64; long : 64; long : 64;))
{}
)",
      some_members_tag, declarations);
}

void write_guards(std::string& text) {
  const auto member = fmt::format("\tchar {}[{}];\n", guard_name, guard_bytes);
  constexpr std::string_view guard = "\tEBPFKIT_POINTERS_ONLY\n";
  for (auto at = text.find(member); at != std::string::npos; at = text.find(member, at))
    text.replace(at, member.size(), guard);
}

constexpr std::string_view relocated_begin =
    "\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
    "#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n"
    "#endif\n\n";
constexpr std::string_view relocated_end =
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
    "#pragma clang attribute pop\n"
    "#endif\n\n";

std::string fixed_warning(const std::string& headers) {
  return fmt::format(R"(
// WARNING: no CO-RE. These types were taken from C headers when this file was made. A program that
// uses them reads at the offsets of these headers, on every kernel: it is right for kernels that
// were built from the same headers with the same configuration, and wrong for all others.
// The offsets hold for: {}

)",
                     plain_text(headers));
}

std::string fixed_begin(const std::string& headers) {
  constexpr std::size_t enough_to_tell = 2000;  // below longest_btf_name
  return fmt::format(R"(#if __has_attribute(btf_decl_tag)
#pragma clang attribute push(__attribute__((btf_decl_tag("{}{}"))), apply_to = record)
#endif

)",
                     fixed_layout_tag, plain_text(headers).substr(0, enough_to_tell));
}

constexpr std::string_view fixed_end =
    "#if __has_attribute(btf_decl_tag)\n"
    "#pragma clang attribute pop\n"
    "#endif\n\n";

// Declares a pointer to each record: clang describes a record in BTF only when a global variable or
// a function names it. Loaders then find the records and their decl tag, and can compare them with
// the kernel's. libbpf ignores the pointers' section.
std::string fixed_layout_witnesses(const type_graph& graph, const type_selection& selection) {
  std::string text = "#if __has_attribute(btf_decl_tag)\n";
  for (type_id type = 1; type < selection.extents.size(); ++type) {
    const auto kind = graph.kind(type);
    const bool is_record = kind == type_kind::structure || kind == type_kind::union_type;
    const auto name = graph.name(type);
    if (is_record && !name.empty() && selection.extents[type] == record_extent::complete)
      text += fmt::format(
          "static const {0} {1} *const ebpfkit_layout_of_{1} "
          "__attribute__((used, section(\".ebpfkit.layout\")));\n",
          kind == type_kind::structure ? "struct" : "union", name);
  }
  return text + "#endif\n\n";
}

// C text that libbpf makes of BTF.
struct dumped_text {
  std::string types;
  std::string functions;  // the prototypes of kernel functions
};

// As bpftool declares kernel functions since version 7.5. A weak function may be missing in the
// kernel: a program can ask with bpf_ksym_exists().
void dump_kernel_function(btf_dump* dump, const btf* types, const btf_type& function,
                          text_sink& sink) {
  const auto* name = btf__name_by_offset(types, function.name_off);
  btf_dump_emit_type_decl_opts options{};
  options.sz = sizeof(options);
  options.field_name = name;
  sink.text += "extern ";
  const auto error = btf_dump__emit_type_decl(dump, function.type, &options);
  if (error != 0)
    throw failure(fmt::format("libbpf cannot write the prototype of '{}' as C: {}", name,
                              std::strerror(-error)));
  // Older libbpf leaves `void` out. clang describes an external function in BTF only when it has a
  // prototype, and `()` is none before C23.
  if (sink.text.ends_with("()"))
    sink.text.insert(sink.text.size() - 1, "void");
  sink.text += " __weak __ksym;\n";
}

dumped_text dump_types(const type_graph& graph, const type_selection& selection) {
  const silent_libbpf silence;
  const auto bytes = write_selected_btf(graph, selection);
  const owned_btf types(btf__new(bytes.data(), static_cast<std::uint32_t>(bytes.size())));
  if (!types)
    throw failure(fmt::format("libbpf does not read the selected types: {}", std::strerror(errno)));
  btf__set_pointer_size(types.get(), graph.pointer_size());

  text_sink sink;
  const std::unique_ptr<btf_dump, btf_dump_closer> dump(
      btf_dump__new(types.get(), append_formatted, &sink, nullptr));
  if (!dump)
    throw failure(fmt::format("libbpf cannot write the selected types: {}", std::strerror(errno)));
  dumped_text dumped;
  for (std::uint32_t type = 1; type < btf__type_cnt(types.get()); ++type) {
    const auto* head = btf__type_by_id(types.get(), type);
    if (btf_is_func(head)) {
      // All types stand before the first function (see write_selected_btf()).
      if (dumped.types.empty())
        dumped.types = std::exchange(sink.text, {});
      dump_kernel_function(dump.get(), types.get(), *head, sink);
      continue;
    }
    // libbpf writes an anonymous record where another type uses it.
    if (btf_is_composite(head) && head->name_off == 0)
      continue;
    const auto error = btf_dump__dump_type(dump.get(), type);
    if (error != 0)
      throw failure(fmt::format("libbpf cannot write '{}' as C: {}",
                                btf__name_by_offset(types.get(), head->name_off),
                                std::strerror(-error)));
    if (sink.is_out_of_memory)
      throw std::bad_alloc();
  }
  (dumped.types.empty() ? dumped.types : dumped.functions) = std::move(sink.text);
  return dumped;
}

std::string kernel_functions(const std::string& prototypes) {
  if (prototypes.empty())
    return {};
  return fmt::format(R"(// Functions of the kernel that BPF programs may call (kfuncs).
#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

{}#endif

)",
                     prototypes);
}

// The kernel defines `false`, `true` and `bool`. They are keywords of C23, and macros where a
// source includes <stdbool.h> first. clang 15 to 17 have the keywords with -std=c2x already,
// although
// __STDC_VERSION__ is still below 202311 there.
constexpr std::string_view c23_condition =
    "(defined(__STDC_VERSION__) && (__STDC_VERSION__ >= 202311L || "
    "(__STDC_VERSION__ > 201710L && __clang_major__ >= 15)))";
constexpr std::string_view boolean_constants = "enum {\n\tfalse = 0,\n\ttrue = 1,\n};\n";
constexpr std::string_view boolean_type = "typedef _Bool bool;\n";

constexpr std::string_view header_end = "#endif  // __VMLINUX_H__\n";

// Puts the definition, if `types` has it, behind a condition: neither C23 nor a macro defines
// `name`.
void guard_boolean(std::string& types, std::string_view definition, std::string_view name) {
  const auto at = types.find(definition);
  if (at == std::string::npos || (at != 0 && types[at - 1] != '\n'))
    return;
  types.replace(
      at, definition.size(),
      fmt::format("#if !(defined({}) || {})\n{}#endif\n", name, c23_condition, definition));
}

// Takes the declarations of records that the program defines itself out of `types`. Among the
// kernel's types they would get the attributes of these. The definition would inherit them, and
// accesses to the program's own record would be relocated.
std::string take_declarations(std::string& types, const std::vector<std::string>& records) {
  std::string taken;
  for (const auto& record : records) {
    const auto line = record + ";\n";
    auto at = types.starts_with(line) ? 0 : types.find("\n" + line);
    if (at == std::string::npos)
      continue;
    at += types.starts_with(line) ? 0 : 1;
    types.erase(at, line.size() + (types.compare(at + line.size(), 1, "\n") == 0 ? 1 : 0));
    taken += line;
  }
  return taken.empty() ? taken : taken + '\n';
}

// clang warns about an attribute for records that applies to no record.
bool has_records(std::string_view types) {
  return types.find("struct ") != std::string_view::npos ||
         types.find("union ") != std::string_view::npos;
}

// Defines the `helper_types` that the BTF lacks. The selection has all that are in the BTF.
std::string missing_helper_types(const type_graph& graph, const type_selection& selection) {
  std::array<bool, helper_types.size()> is_present{};
  for (const auto root : selection.roots) {
    if (graph.kind(root) != type_kind::type_definition || !graph.name(root).starts_with("__"))
      continue;
    for (std::size_t i = 0; i < helper_types.size(); ++i)
      is_present[i] = is_present[i] || graph.name(root) == helper_types[i].first;
  }
  std::string text;
  for (std::size_t i = 0; i < helper_types.size(); ++i) {
    if (!is_present[i])
      text += fmt::format("typedef {} {};\n", helper_types[i].second, helper_types[i].first);
  }
  return text.empty() ? text : text + '\n';
}

}  // namespace

std::string write_c_header(const type_graph& graph, const type_selection& selection,
                           const header_origin& origin) {
  std::string text =
      "#ifndef __VMLINUX_H__\n"
      "#define __VMLINUX_H__\n\n"
      "// Types of a kernel for BPF programs, made out of its BTF by EbpfKit.\n";
  text += line_comment("Source", origin.source_label);
  text += line_comment("Kernel release", origin.kernel_release);
  text += line_comment("SHA-256 of the BTF", origin.btf_sha256);
  text += line_comment("Asked for", origin.asked_for);
  if (!selection.left_out.empty())
    text += line_comment("Left out", fmt::format("{} types with names that C does not allow",
                                                 selection.left_out.size()));
  const bool is_fixed = !origin.fixed_layout.empty();
  const auto prelude = partial_record_prelude(graph, selection);
  auto [types, functions] = dump_types(graph, selection);
  guard_boolean(types, boolean_constants, "true");
  guard_boolean(types, boolean_type, "bool");
  const auto program_records = take_declarations(types, selection.program_records);
  const bool has_attributes = has_records(types);
  if (is_fixed)
    text += fixed_warning(origin.fixed_layout);
  text += program_records;
  if (has_attributes)
    text += is_fixed ? fixed_begin(origin.fixed_layout) : relocated_begin;
  text += missing_helper_types(graph, selection);
  text += prelude;
  if (!prelude.empty())
    write_guards(types);
  text += types;
  if (!prelude.empty())
    text += "#undef EBPFKIT_SOME_MEMBERS\n#undef EBPFKIT_8_TIMES\n#undef EBPFKIT_POINTERS_ONLY\n\n";
  if (has_attributes)
    text += is_fixed ? fixed_end : relocated_end;
  if (is_fixed)
    text += fixed_layout_witnesses(graph, selection);
  text += kernel_functions(functions);
  text += header_end;
  return text;
}

std::string append_to_c_header(std::string header, std::string_view text) {
  return header.insert(header.size() - header_end.size(), text);
}

}  // namespace ebpfkit::host
