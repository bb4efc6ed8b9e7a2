#include "sources/compile.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/bindings.hpp"
#include "input/btf_cache.hpp"
#include "sources/automatic_header.hpp"
#include "sources/depfile.hpp"
#include "sources/hints.hpp"
#include "sources/identifiers.hpp"
#include "sources/scan.hpp"
#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// For a header of kernel types that somebody else makes out of the BTF.
void warn_of_other_architecture(const compile_request& request, std::string& warnings) {
  bindings_source source;
  source.btf = find_btf_file(request.btf, request.btf_cache);
  source.architecture = request.architecture;
  source.byte_order = request.byte_order;
  std::vector<std::string> found;
  read_bindings_source(source, {}, found, type_checks::on_use);
  for (const auto& warning : found)
    warnings += fmt::format("ebpfkit: warning: {}\n", warning);
}

std::vector<std::string> compiler_command(const compile_request& request,
                                          const fs::path& spellings_directory,
                                          const fs::path& object, const fs::path& depfile) {
  auto command = request.launcher;
  command.insert(command.end(), request.compiler.begin(), request.compiler.end());
  if (!request.header.empty())
    command.push_back("-I" + request.header.parent_path().string());
  if (!spellings_directory.empty())
    command.push_back("-idirafter" + spellings_directory.string());
  command.insert(command.end(), {"-MD", "-MF", depfile.string(), "-MQ", request.output.string(),
                                 "-c", request.source.string(), "-o", object.string()});
  return command;
}

// Compiles a source that clang has refused again, without the macros and records of the header in
// which its errors are. The words of a source do not always tell that it gives a name a meaning
// itself: its own macros may do so. Returns nothing when that does not help.
std::optional<process_result> compile_without_own_names(const compile_request& request,
                                                        const std::vector<std::string>& command,
                                                        process_result result,
                                                        std::vector<fs::path>& header_inputs) {
  own_names own;
  fs::path spellings_directory;
  std::string ignored;
  while (result.exit_status != 0) {
    const auto found = names_in_errors(request.header, result.errors);
    if (found.empty())
      break;
    const auto known = own.macros.size() + own.tags.size();
    own.macros.insert(found.macros.begin(), found.macros.end());
    own.tags.insert(found.tags.begin(), found.tags.end());
    if (own.macros.size() + own.tags.size() == known)
      break;
    header_inputs = make_automatic_header(request, spellings_directory, ignored, &own);
    result = run_process(command);
  }
  if (result.exit_status == 0)
    return result;
  if (!own.empty()) {
    // The header must fit the errors that the user sees.
    own = {};
    make_automatic_header(request, spellings_directory, ignored, &own);
  }
  return std::nullopt;
}

std::string compile_or_throw(const compile_request& request) {
  std::vector<fs::path> header_inputs;
  fs::path spellings_directory;
  std::string warnings;
  if (!request.header.empty()) {
    header_inputs = make_automatic_header(request, spellings_directory, warnings);
  } else {
    if (!request.existing_header.empty())
      spellings_directory = write_spellings(
          request.spellings_directory, request.existing_header,
          find_header_spellings(request.source, request.existing_header, request.compiler));
    if (!request.btf.empty())
      warn_of_other_architecture(request, warnings);
  }
  // The file has its final name, because clang names other files after it (-ftime-trace).
  temporary_file object(request.output, request.output.filename());
  const temporary_file written_depfile(request.depfile);
  const auto command =
      compiler_command(request, spellings_directory, object.path(), written_depfile.path());
  auto result = run_process(command);
  if (result.exit_status != 0) {
    auto second = header_inputs.empty()
                      ? std::nullopt
                      : compile_without_own_names(request, command, result, header_inputs);
    if (!second) {
      object.check_space(result.errors);
      throw compile_failure(
          object.in_message(written_depfile.in_message(result.output + result.errors)));
    }
    result = std::move(*second);
  }

  const auto depfile = read_file(written_depfile.path());
  auto text = absolute_depfile({reinterpret_cast<const char*>(depfile.data()), depfile.size()},
                               request.output.string(), fs::current_path());
  if (!header_inputs.empty())
    text += make_depfile(request.output, header_inputs);
  write_output(request.depfile, text, unchanged::keep);
  object.commit_other_files();
  object.commit(unchanged::touch);
  header_inputs.push_back(request.source);
  date_output(request.output, header_inputs);
  return warnings + object.in_message(result.output + result.errors);
}

std::string hints_for(const compile_request& request, std::string_view compiler_text) {
  hint_request hints;
  hints.compiler_text = compiler_text;
  hints.source = request.source;
  hints.header_has_macros = !request.header.empty() && request.with_uapi_macros;
  hints.flags = request.compiler;
  hints.architecture = request.architecture;
  hints.header_name =
      request.header.empty() ? request.existing_header : request.header.filename().string();
  if (!request.header.empty()) {
    try {
      if (!request.btf.empty())
        hints.btf = find_btf_file(request.btf, request.btf_cache);
      if (!request.base_btf.empty())
        hints.base_btf = find_btf_file(request.base_btf, request.btf_cache);
    } catch (const failure&) {
      // A source that does not include the header needs no BTF.
    }
  }
  return explain_compile_errors(hints);
}

}  // namespace

std::string compile_source(const compile_request& request) {
  try {
    return compile_or_throw(request);
  } catch (const compile_failure& error) {
    const std::string text = error.what();
    throw compile_failure(text + hints_for(request, text));
  }
}

}  // namespace ebpfkit::host
