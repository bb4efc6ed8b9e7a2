// A libFuzzer target: BPF objects, as `ebpfkit core`, `ebpfkit object`, `ebpfkit skeleton` and
// `ebpfkit size` read them. Any bytes must give a failure or a result. bpftool and clang do not
// run.
#include <elf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"
#include "object/by_value_fields.hpp"
#include "object/convert_byte_order.hpp"
#include "object/link.hpp"
#include "object/section_names.hpp"
#include "relocation/minimise.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"
#include "size/size_report.hpp"
#include "skeleton/skeleton.hpp"
#include "support/failure.hpp"

namespace {

using bytes = std::vector<std::uint8_t>;
using namespace ebpfkit::host;

// Runs `operation`, which may throw `failure` and nothing else.
template <class Operation>
void try_to(Operation operation) {
  try {
    operation();
  } catch (const failure&) {
  }
}

// Uses the object's own types as the kernel's, so that many relocations find what they want.
void resolve_all(const bytes& content) {
  const program_object object("object.o", content);
  const auto kernel = std::make_shared<const type_graph>(std::span(object.types().bytes()));
  const core_target target(kernel);
  const auto results = resolve(object, target);
  for (std::size_t i = 0; i < results.size(); ++i) {
    relocation_text(object, object.relocations()[i], &results[i]);
    relocation_json(object, object.relocations()[i], &results[i])
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  try_to([&] { minimise(std::span(&object, 1), target); });
}

void write_skeletons(const bytes& content) {
  const bpf_object_file object(content, "object.o");
  skeleton_request request;
  request.name = "prog";
  // The text that bpftool prints names what the object has.
  static constexpr const char* text =
      "#ifndef __PROG_BPF_SKEL_H__\n#define __PROG_BPF_SKEL_H__\n\n#include <errno.h>\n"
      "#include <stdlib.h>\n#include <bpf/libbpf.h>\n\nstruct prog_bpf {\n"
      "\tstruct bpf_object_skeleton *skeleton;\n\tstruct bpf_object *obj;\n"
      "\tstruct prog_bpf__bss {\n\t\tint x;\n\t} *bss;\n};\n\n"
      "static inline const void *prog_bpf__elf_bytes(size_t *sz)\n{\n"
      "\tstatic const char data[] __attribute__((__aligned__(8))) = \"\\\n\\x7f\";\n\n"
      "\t*sz = sizeof(data) - 1;\n\treturn (const void *)data;\n}\n\n#endif\n";
  try_to([&] { make_cxx_skeleton(object, request, "ebpf"); });
  try_to([&] { rewrite_bpftool_skeleton(text, object, request, "bpftool"); });
  try_to([&] { make_object_source(object, request); });
  try_to([&] { section_warnings(object); });
  try_to([&] { check_no_partial_values(object.types(), "object.o"); });
}

// Who converts an object twice gets the same bytes, or an error at the first time.
void convert_twice(const bytes& content) {
  std::optional<bytes> converted;
  try_to([&] { converted = convert_byte_order(content, "object.o"); });
  if (converted && convert_byte_order(*converted, "object.o") != content)
    std::abort();
}

// What link_object() does before and after the linker runs. The object is the first input, the
// second, and the linker's output.
void link(const bytes& content) {
  link_request request;
  request.order = content.size() > EI_DATA && content[EI_DATA] == ELFDATA2MSB ? std::endian::big
                                                                              : std::endian::little;
  std::set<std::string> declared;
  for (int input = 1; input <= 2; ++input) {
    try_to([&] {
      auto object = content;
      prepare_linker_input(object, "object.o", request.order, &declared);
    });
  }
  // An object that needs the kernel's own BTF is refused before its relocations are read.
  for (const auto& [no_kernel_btf, no_embedded_btf] :
       {std::pair{false, true}, std::pair{true, false}}) {
    request.no_kernel_btf = no_kernel_btf;
    request.no_embedded_btf = no_embedded_btf;
    try_to([&] {
      // The linker works in this machine's byte order.
      const auto linked =
          request.order == std::endian::native ? content : convert_byte_order(content, "object.o");
      auto object = linked;
      const auto finished = finish_linked_object(object, "object.o", request);
      if (finished.is_changed != (object != linked))
        __builtin_trap();
      write_skeletons(object);
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes content(data, data + size);
  try_to([&] { resolve_all(content); });
  try_to([&] { make_size_report(content, "object.o", std::nullopt); });
  try_to([&] { write_skeletons(content); });
  link(content);
  convert_twice(content);
  return 0;
}
