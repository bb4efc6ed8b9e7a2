#include "load_test/load_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::ordered_json;

constexpr int format_version = 1;
constexpr std::array outcome_names{
    std::pair(load_outcome::missing, std::string_view("missing")),
    std::pair(load_outcome::not_opened, std::string_view("not_opened")),
    std::pair(load_outcome::object_rejected, std::string_view("object_rejected")),
    std::pair(load_outcome::rejected, std::string_view("rejected")),
    std::pair(load_outcome::attach_failed, std::string_view("attach_failed")),
    std::pair(load_outcome::loaded, std::string_view("loaded"))};

// Returns the number behind the last `key` in the log. A program may print the key as well.
std::optional<std::uint64_t> number_behind(std::string_view log, std::string_view key) {
  const auto place = log.rfind(key);
  if (place == std::string_view::npos)
    return std::nullopt;
  const auto text = log.substr(place + key.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return std::nullopt;
  return number;
}

// "stack depth 32+8" has one number for each function.
std::optional<std::uint64_t> stack_depth(std::string_view log) {
  constexpr std::string_view key = "stack depth ";
  const auto place = log.rfind(key);
  if (place == std::string_view::npos)
    return std::nullopt;
  auto text = log.substr(place + key.size());
  std::uint64_t sum = 0;
  for (;;) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
      return std::nullopt;
    sum += number;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('+'))
      return sum;
    text.remove_prefix(1);
  }
}

json number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

std::optional<std::uint64_t> number_of(const json& value) {
  return value.is_number() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

json json_of(const program_result& program) {
  const auto& statistics = program.statistics;
  return {{"object", program.object},
          {"program", program.program},
          {"variant", program.variant},
          {"outcome", outcome_name(program.outcome)},
          {"errno", program.error},
          {"attached", program.is_attached},
          {"instructions", number_or_null(statistics.instructions)},
          {"states", number_or_null(statistics.states)},
          {"peak_states", number_or_null(statistics.peak_states)},
          {"most_states_per_instruction", number_or_null(statistics.most_states_per_instruction)},
          {"stack_depth", number_or_null(statistics.stack_depth)},
          {"verification_time_us", number_or_null(statistics.time)},
          {"xlated_bytes", program.xlated_size},
          {"jited_bytes", program.jited_size},
          {"reason", program.reason},
          {"source", program.source},
          {"instruction", program.instruction},
          {"suggestion", program.suggestion},
          {"kind", program.kind},
          {"explanation", program.explanation},
          {"verifier_log", program.verifier_log},
          {"libbpf_log", program.libbpf_log}};
}

program_result program_of(const json& value) {
  program_result program;
  program.object = value.at("object");
  program.program = value.at("program");
  program.variant = value.at("variant");
  const std::string outcome = value.at("outcome");
  const auto* const found =
      std::ranges::find(outcome_names, outcome, &std::pair<load_outcome, std::string_view>::second);
  program.outcome = found == outcome_names.end() ? load_outcome::missing : found->first;
  program.error = value.at("errno");
  program.is_attached = value.at("attached");
  auto& statistics = program.statistics;
  statistics.instructions = number_of(value.at("instructions"));
  statistics.states = number_of(value.at("states"));
  statistics.peak_states = number_of(value.at("peak_states"));
  statistics.most_states_per_instruction = number_of(value.at("most_states_per_instruction"));
  statistics.stack_depth = number_of(value.at("stack_depth"));
  statistics.time = number_of(value.at("verification_time_us"));
  program.xlated_size = value.at("xlated_bytes");
  program.jited_size = value.at("jited_bytes");
  program.reason = value.at("reason");
  program.source = value.at("source");
  program.instruction = value.at("instruction");
  program.suggestion = value.at("suggestion");
  program.kind = value.value("kind", "");
  program.explanation = value.value("explanation", "");
  program.verifier_log = value.at("verifier_log");
  program.libbpf_log = value.at("libbpf_log");
  return program;
}

}  // namespace

verifier_statistics read_statistics(std::string_view log) {
  verifier_statistics statistics;
  statistics.instructions = number_behind(log, "processed ");
  statistics.states = number_behind(log, " total_states ");
  statistics.peak_states = number_behind(log, " peak_states ");
  statistics.most_states_per_instruction = number_behind(log, "max_states_per_insn ");
  statistics.stack_depth = stack_depth(log);
  statistics.time = number_behind(log, "verification time ");
  return statistics;
}

std::string_view outcome_name(load_outcome outcome) {
  return std::ranges::find(outcome_names, outcome,
                           &std::pair<load_outcome, std::string_view>::first)
      ->second;
}

std::string program_result::full_name() const {
  return variant.empty() ? fmt::format("{}.{}", object, program)
                         : fmt::format("{}.{}.{}", object, program, variant);
}

std::string load_results_text(const load_results& results) {
  auto programs = json::array();
  for (const auto& program : results.programs)
    programs.push_back(json_of(program));
  const json document{{"version", format_version},      {"kernel", results.kernel},
                      {"release", results.release},     {"architecture", results.architecture},
                      {"has_btf", results.has_btf},     {"accelerator", results.accelerator},
                      {"problem", results.problem},     {"kernel_complaints", results.complaints},
                      {"programs", std::move(programs)}};
  // Logs may have bytes that are not UTF-8.
  return document.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

load_results read_load_results(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  try {
    const auto document = json::parse(as_text(bytes));
    if (document.at("version") != format_version)
      throw failure(fmt::format("'{}' has results of another version", path.string()),
                    "Run the load test again.");
    load_results results;
    results.kernel = document.at("kernel");
    results.release = document.at("release");
    results.architecture = document.at("architecture");
    results.has_btf = document.at("has_btf");
    results.accelerator = document.at("accelerator");
    results.problem = document.at("problem");
    results.complaints = document.at("kernel_complaints").get<std::vector<std::string>>();
    for (const auto& program : document.at("programs"))
      results.programs.push_back(program_of(program));
    return results;
  } catch (const json::exception& error) {
    throw failure(
        fmt::format("'{}' has no results of a load test: {}", path.string(), error.what()),
        "Run the load test again.");
  }
}

}  // namespace ebpfkit::host
