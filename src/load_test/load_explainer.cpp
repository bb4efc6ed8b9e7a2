#include "load_test/load_explainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load_test/instruction_places.hpp"
#include "runtime/errors/register_words.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr unsigned lines_before_and_after = 2;

void take(detail::logged_source& source, std::optional<source_place> place) {
  if (!place)
    return;
  source.text = std::move(place->text);
  source.file = std::move(place->file);
  source.line = place->line;
}

// Gives a line that the kernel printed without its place the file and the number.
void complete(detail::logged_source& source, long instruction, const instruction_places& lines,
              const std::string& program) {
  if (source.line == 0)
    take(source, lines.find(program, instruction, source.text));
}

// The identifier of the source that the cause is about: the field in "... struct task_struct.gone
// (0:1 @ offset 8)", the function in "extern (func ksym) 'name': not found ...". Empty: none.
std::string_view named_in(const detail::explanation& explained) {
  std::string_view cause = explained.cause;
  if (explained.is == detail::rejection::missing_field) {
    cause = cause.substr(0, cause.rfind(" ("));
    return cause.substr(cause.rfind('.') + 1);  // npos + 1 is 0
  }
  if (explained.is != detail::rejection::kernel_symbol)
    return {};
  const auto begin = cause.find('\'');
  if (begin == std::string_view::npos)
    return {};
  cause.remove_prefix(begin + 1);
  return cause.substr(0, cause.find('\''));
}

// "counts" in "map 'counts': failed to create: ...". Empty: the cause is about no map.
std::string named_map(const detail::explanation& explained) {
  constexpr std::string_view head = "map '";
  const auto begin = explained.cause.find(head);
  if (begin == std::string::npos || (explained.is != detail::rejection::memory_limit &&
                                     explained.is != detail::rejection::map_definition))
    return {};
  const auto name = explained.cause.substr(begin + head.size());
  return name.substr(0, name.find('\''));
}

// The log does not tell where the verifier was when it gave up. Most often it is a loop.
void add_loops(detail::explanation& explained, const std::vector<source_place>& loops) {
  if (loops.empty() || (explained.is != detail::rejection::too_complex &&
                        explained.is != detail::rejection::endless_loop))
    return;
  take(explained.source, loops.front());
  if (loops.size() == 1)
    return;
  constexpr std::size_t most_loops = 8;
  std::vector<std::string> places;
  for (const auto& loop : loops)
    if (places.size() < most_loops)
      places.push_back(fmt::format("{}:{}", loop.file, loop.line));
  explained.figures =
      fmt::format("The log does not tell which loop is too long. The program has {}: {}{}.",
                  loops.size(), fmt::join(places, ", "), loops.size() > most_loops ? ", ..." : "");
}

// "bpf_task_acquire() (functions.bpf.c:22)"
std::string shown_call(const instruction_places::kernel_call& call) {
  return call.place.line == 0
             ? call.function + "()"
             : fmt::format("{}() ({}:{})", call.function, call.place.file, call.place.line);
}

// The kernel functions that the object cannot do without: libbpf names one that is missing.
void add_kernel_functions(detail::explanation& explained, const instruction_places& lines) {
  if (explained.is != detail::rejection::kernel_symbol)
    return;
  const auto missing = named_in(explained);
  std::vector<std::string> needed;
  for (const auto& call : lines.find_kernel_calls()) {
    if (call.is_weak)
      continue;
    needed.push_back(shown_call(call));
    if (call.function == missing)
      take(explained.source, call.place);
  }
  if (needed.size() > 1)
    explained.figures = fmt::format(
        "The object calls {} functions of the kernel that it declares without __weak, and does not "
        "load where one of them is missing: {}.",
        needed.size(), fmt::join(needed, ", "));
}

// The kernel checks which functions a program may call before it follows the instructions, so that
// the log may lack the call.
void add_forbidden_function(detail::explanation& explained, const instruction_places& lines,
                            const std::string& program) {
  constexpr std::string_view metadata = "bpf_xdp_metadata_";  // bpf_dev_bound_kfunc_id()
  if (explained.is != detail::rejection::kernel_function_not_allowed ||
      !explained.instruction.empty())
    return;
  const bool is_metadata = explained.cause.find("metadata kfuncs") != std::string::npos;
  auto calls = lines.find_kernel_calls(program);
  std::erase_if(
      calls, [&](const auto& call) { return is_metadata && !call.function.starts_with(metadata); });
  if (calls.empty())
    return;
  if (calls.size() == 1) {
    explained.figures = fmt::format("The program calls {}().", calls.front().function);
    if (calls.front().place.line != 0)
      take(explained.source, calls.front().place);
    return;
  }
  std::vector<std::string> names;
  for (const auto& call : calls)
    names.push_back(shown_call(call));
  explained.figures = fmt::format("The log does not tell which call it is. The program calls {}.",
                                  fmt::join(names, ", "));
}

// Names the `const` variable that the program writes.
void add_constant(detail::explanation& explained, const instruction_places& lines,
                  const std::string& program,
                  const std::vector<std::filesystem::path>& directories) {
  if (explained.is != detail::rejection::read_only_memory)
    return;
  for (const auto& value : explained.values) {
    const auto name = lines.find_symbol(program, value.instruction_index);
    const auto declaration = constant_declaration(
        {explained.source.file, explained.source.line, explained.source.text}, directories, name);
    if (!declaration)
      continue;
    explained.figures +=
        fmt::format("{}It is that of the variable '{}', which is declared const: {}:{}, {}",
                    explained.figures.empty() ? "" : " ", name, declaration->file,
                    declaration->line, declaration->text);
    return;
  }
}

bool has_line(const detail::explanation& explained) {
  const auto is = explained.is;
  if (explained.is_unseen)
    return true;
  return is != detail::rejection::kernel_symbol && is != detail::rejection::memory_limit &&
         is != detail::rejection::map_definition && is != detail::rejection::permission &&
         is != detail::rejection::missing_btf;
}

// What SEC() says is wrong: the hook, or the section itself.
bool is_about_section(const detail::explanation& explained) {
  return explained.is == detail::rejection::attach_target || explained.is_unseen ||
         explained.is == detail::rejection::section_name ||
         explained.cause.find("is not sleepable") != std::string::npos;
}

}  // namespace

void load_explainer::add_object(const std::string& name, const std::filesystem::path& path) {
  try {
    objects_.emplace(name, instruction_places(path));
  } catch (const failure&) {
    // Its programs are explained without lines.
  }
}

detail::explanation load_explainer::explain(const program_result& program) const {
  auto explained = detail::explain_load({program.verifier_log, program.libbpf_log, program.error});
  const auto lines = objects_.find(program.object);
  if (lines == objects_.end())
    return explained;
  complete(explained.source, explained.instruction_index, lines->second, program.program);
  source_statements statements(directories_);
  take(explained.source, lines->second.find_word(program.program, explained.instruction_index,
                                                 named_in(explained), statements));
  add_kernel_functions(explained, lines->second);
  add_forbidden_function(explained, lines->second, program.program);
  if (explained.source.line == 0 && explained.source.text.empty())
    add_loops(explained, lines->second.find_loops(program.program));
  // What is about the whole program, or its hook, stands at its first line. What is about maps,
  // rights or the kernel has no line.
  if (explained.source.line == 0 && explained.source.text.empty() && has_line(explained))
    take(explained.source, lines->second.find(program.program, 0, {}));
  const source_place here{explained.source.file, explained.source.line, explained.source.text};
  if (is_about_section(explained))
    take(explained.source, line_before(here, directories_, "SEC(\""));
  else if (explained.is == detail::rejection::licence)
    take(explained.source, line_in_file(here, directories_, "SEC(\"license\")"));
  else if (const auto map = named_map(explained); !map.empty())
    if (const auto begin = lines->second.find(program.program, 0, {}))
      take(explained.source, line_in_file(*begin, directories_, map + " SEC(\".maps\")"));
  add_constant(explained, lines->second, program.program, directories_);
  for (auto& value : explained.values)
    if (!value.instruction.empty())
      complete(value.source, value.instruction_index, lines->second, program.program);
  return explained;
}

void load_explainer::add_to(program_result& program) const {
  if (program.outcome == load_outcome::loaded || program.outcome == load_outcome::missing ||
      program.outcome == load_outcome::attach_failed)
    return;
  const auto explained = explain(program);
  program.kind = detail::texts_of(explained.is).name;
  program.explanation = text(explained, "  ");
}

nlohmann::ordered_json load_explainer::json(const detail::explanation& explained) {
  using json = nlohmann::ordered_json;
  const auto source = [](const detail::logged_source& place) -> json {
    if (place.text.empty())
      return nullptr;
    return {{"file", place.file}, {"line", place.line}, {"text", place.text}};
  };
  const auto& words = detail::texts_of(explained.is);
  json document{{"kind", words.name},
                {"title", words.title},
                {"cause", explained.cause},
                {"figures", explained.figures},
                {"hint", explained.hint},
                {"printed_by", explained.printed_by},
                {"source", source(explained.source)},
                {"instruction", explained.instruction},
                {"values", json::array()},
                {"meaning", words.meaning},
                {"remedy", explained.hint_is_remedy ? "" : words.remedy},
                {"report", json::array()}};
  for (const auto& value : explained.values)
    document["values"].push_back({{"name", value.name},
                                  {"state", value.state},
                                  {"state_means", detail::words_of_state(value.state)},
                                  {"instruction", value.instruction},
                                  {"source", source(value.source)}});
  for (const auto& section : explained.report)
    document["report"].push_back({{"title", section.title}, {"text", section.text}});
  return document;
}

std::string load_explainer::kind(const detail::explanation& explained) {
  return detail::texts_of(explained.is).name;
}

std::string load_explainer::text(const detail::explanation& explained,
                                 std::string_view indentation) const {
  const auto& source = explained.source;
  std::string lines;
  if (source.line != 0) {
    const source_place place{source.file, source.line, source.text};
    // A map is declared from its type on.
    const auto before = source.text.find("SEC(\".maps\")") == std::string::npos
                            ? 0U
                            : lines_of_definition(place, directories_);
    lines = lines_around(place, directories_, std::max(before, lines_before_and_after),
                         lines_before_and_after);
  }
  return detail::explanation_text(explained, indentation, lines);
}

}  // namespace ebpfkit::host
