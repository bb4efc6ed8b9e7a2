#include "object/link.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "btf/kernel_functions.hpp"
#include "btf/type_graph.hpp"
#include "input/btf_cache.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "object/bpf_object_file.hpp"
#include "object/by_value_fields.hpp"
#include "object/convert_byte_order.hpp"
#include "object/hook_names.hpp"
#include "object/kernel_btf_use.hpp"
#include "object/kernel_function_declarations.hpp"
#include "object/map_attributes.hpp"
#include "object/mend_variables.hpp"
#include "object/section_names.hpp"
#include "relocation/program_object.hpp"
#include "support/byte_order.hpp"
#include "support/compat_macros.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/helper_names.hpp"
#include "support/libbpf_macros.hpp"
#include "support/nearest_names.hpp"
#include "support/process.hpp"
#include "support/terminal.hpp"

namespace ebpfkit::host {
namespace {

// `shown` is the file's name in messages.
void check_object(std::span<const std::uint8_t> bytes, std::endian order, std::string_view shown) {
  if (!is_elf(bytes))
    throw failure(fmt::format("'{}' is not an ELF object", shown),
                  "Check the compiler launcher and the programs: EBPFKIT_CLANG, EBPFKIT_BPFTOOL.");
  const elf_sections sections(bytes, std::string(shown));
  if (sections.machine() != EM_BPF)
    throw failure(fmt::format("'{}': the object is for ELF machine {}, not for BPF", shown,
                              sections.machine()),
                  "Check COMPILE_OPTIONS for a --target, and the compiler launcher.");
  const auto found = bytes[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little;
  if (found != order)
    throw failure(fmt::format("'{}': the object is {}-endian, {}-endian was asked for", shown,
                              byte_order_name(found), byte_order_name(order)),
                  "Check COMPILE_OPTIONS for a --target.");
  const auto btf = sections.find(".BTF");
  if (!btf || btf->empty())
    throw failure(fmt::format("'{}': the object has no BTF", shown),
                  "Check COMPILE_OPTIONS for -g0: BTF comes from debug information.");
}

// The inputs of the linker: the files, or for some of them a changed copy in a directory beside the
// file. All have the byte order of this machine.
class linker_inputs {
 public:
  explicit linker_inputs(const link_request& request) {
    std::set<std::string> declared;
    for (const auto& input : request.inputs) {
      auto bytes = read_file(input);
      if (prepare_linker_input(bytes, input.string(), request.order,
                               request.inputs.size() > 1 ? &declared : nullptr)) {
        const auto& copy = copies_.emplace_back(std::make_unique<temporary_file>(input));
        write_output(copy->path(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                     unchanged::keep);
        paths_.push_back(copy->path().string());
      } else {
        paths_.push_back(input.string());
      }
    }
  }

  const std::vector<std::string>& paths() const { return paths_; }

  // Names the files in a message of the linker, not their copies.
  std::string in_message(std::string message) const {
    for (const auto& copy : copies_)
      message = copy->in_message(std::move(message));
    return message;
  }

 private:
  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<temporary_file>> copies_;
};

// The BTF of the request's kernels. Empty when it cannot be read: the compile of a source that
// needs kernel types has reported that.
std::vector<std::shared_ptr<const type_graph>> kernels_of(const link_request& request) {
  std::vector<std::shared_ptr<const type_graph>> kernels;
  try {
    for (const auto& word : request.kernel_btf) {
      const auto file = find_btf_file(word, request.btf_cache);
      kernels.push_back(
          request.base_btf.empty()
              ? open_btf(file, type_checks::on_use)
              : load_btf(file, find_btf_file(request.base_btf, request.btf_cache)).graph);
    }
  } catch (const failure&) {
    return {};
  }
  return kernels;
}

// The warnings about hooks that no kernel of the request has.
std::vector<std::string> unknown_hooks(const bpf_object_file& object, const link_request& request) {
  // Reading BTF out of a package takes long.
  if (std::ranges::none_of(object.programs(), [](const bpf_program_symbol& program) {
        return names_kernel_hook(program.section.raw());
      }))
    return {};
  std::vector<std::string> shown;
  for (const auto& word : request.kernel_btf)
    shown.push_back(fmt::format("'{}'", word.string()));
  return hook_warnings(object, kernel_hooks(kernels_of(request)),
                       fmt::format("{}", fmt::join(shown, ", ")));
}

// What programs call: helpers, libbpf's macros, and the functions of the request's kernels.
std::string nearest_function_hint(std::string_view name, const link_request& request) {
  const auto helpers = helper_names();
  std::vector<std::string_view> functions(helpers.begin(), helpers.end());
  functions.insert(functions.end(), std::begin(libbpf_macros), std::end(libbpf_macros));
  const auto kernels = kernels_of(request);
  for (const auto& kernel : kernels) {
    for (const auto function : find_kernel_functions(*kernel))
      functions.push_back(kernel->name(function));
  }
  return nearest_names_hint(name, functions);
}

// Returns a line with the cause that libelf, by which the linker writes, does not tell: whatever
// happens, it says ELF_E_WRITE_ERROR. The output is about as large as the inputs.
std::string hidden_cause(std::string_view message, const link_request& request) {
  if (message.find("cannot write data to file") == message.npos)
    return {};
  std::error_code unknown;
  std::uintmax_t needed = 0;
  for (const auto& input : request.inputs)
    needed += std::filesystem::file_size(input, unknown);
  const auto space =
      std::filesystem::space(std::filesystem::absolute(request.output).parent_path(), unknown);
  if (unknown || space.available >= needed)
    return {};
  return fmt::format("\nerror: {}", std::strerror(ENOSPC));
}

// What to do about a linker's message.
std::string linker_remedy(std::string_view message, const link_request& request) {
  // Visibility 3 is STV_PROTECTED of <elf.h> (linker_sanity_check_elf_symtab() of libbpf's
  // linker.c).
  if (message.find("has unsupported symbol visibility") != message.npos)
    return "Remove -fvisibility=protected from COMPILE_OPTIONS: libbpf links default and hidden "
           "symbols only.";
  constexpr std::string_view undeclared = "failed to find BTF info for global/extern symbol '";
  const auto at = message.find(undeclared);
  if (at == std::string_view::npos)
    return "The lines above are the linker's own.";
  const auto name = message.substr(at + undeclared.size());
  const auto symbol = name.substr(0, name.find('\''));
  if (is_compat_macro(symbol))
    return compat_macro_remedy(symbol);
  return fmt::format(
      "No prototype declares '{0}' where it is called{1}. Declare a kernel function as `extern "
      "<type> "
      "{0}(<parameters>) __weak __ksym;`.\n"
      "  EbpfKit declares those that the kernel's BTF tags as bpf_kfunc. pahole before 1.27 tags "
      "none.\n"
      "  If only a map's initial value names it, call or define it in the same source: clang "
      "describes no other functions.",
      symbol, nearest_function_hint(symbol, request));
}

}  // namespace

bool prepare_linker_input(std::vector<std::uint8_t>& object, std::string_view shown,
                          std::endian order, std::set<std::string>* declared) {
  check_object(object, order, shown);
  const bool is_foreign = order != std::endian::native;
  if (is_foreign)
    object = convert_byte_order(object, shown);
  const bool is_shorter =
      declared != nullptr && leave_out_declared_functions(object, shown, *declared);
  return is_foreign || is_shorter;
}

linked_object finish_linked_object(std::vector<std::uint8_t>& object, const std::string& shown,
                                   const link_request& request) {
  const bool is_foreign = request.order != std::endian::native;
  if (is_foreign)
    object = convert_byte_order(object, shown);
  check_object(object, request.order, shown);
  linked_object finished;
  finished.is_changed = mend_variables(object, shown) || is_foreign;
  const bpf_object_file read(object, shown);
  if (request.no_kernel_btf)
    check_no_kernel_btf(read, shown);
  check_no_partial_values(read.types(), shown);
  finished.warnings = section_warnings(read);
  std::ranges::move(map_attribute_warnings(read), std::back_inserter(finished.warnings));
  if (request.no_embedded_btf)
    std::ranges::move(warn_of_relocations(program_object(shown, object), shown),
                      std::back_inserter(finished.warnings));
  if (!request.kernel_btf.empty())
    std::ranges::move(unknown_hooks(read, request), std::back_inserter(finished.warnings));
  return finished;
}

void link_object(const link_request& request) {
  // Check the inputs first: the linker's own messages say less.
  const linker_inputs inputs(request);
  temporary_file linked(request.output);
  std::vector<std::string> command{request.bpftool, "gen", "object", linked.path().string()};
  command.insert(command.end(), inputs.paths().begin(), inputs.paths().end());
  const auto result = run_process(command);
  if (result.exit_status != 0)
    linked.check_space(result.errors + hidden_cause(result.errors, request));
  if (result.exit_status != 0)
    throw failure(fmt::format("cannot link '{}': '{} {}' failed with status {}:\n{}{}",
                              request.output.string(), command[0], command[1], result.exit_status,
                              inputs.in_message(linked.in_message(result.output)),
                              inputs.in_message(linked.in_message(result.errors))),
                  linker_remedy(result.errors, request));
  const auto shown = request.output.string();
  auto bytes = read_file(linked.path());
  const auto finished = finish_linked_object(bytes, shown, request);
  if (finished.is_changed)
    write_output(linked.path(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                 unchanged::keep);
  for (const auto& warning : finished.warnings)
    print_error("ebpfkit object link: warning: {}\n", warning);
  linked.commit(request.when_unchanged);
  auto used = request.inputs;
  used.emplace_back(request.bpftool);
  date_output(request.output, used);
}

}  // namespace ebpfkit::host
