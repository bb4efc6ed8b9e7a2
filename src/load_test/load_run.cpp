#include "load_test/load_run.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "load_test/load_explainer.hpp"
#include "load_test/load_results.hpp"
#include "object/bpf_object_file.hpp"
#include "runtime/errors/verifier_log.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// Returns the value of "word VALUE\n" in the guest's frame `outcome`.
std::string_view value_of(std::string_view lines, std::string_view word) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ')
      return line.substr(word.size() + 1);
  }
  return {};
}

std::uint64_t number_of(std::string_view lines, std::string_view word) {
  const auto text = value_of(lines, word);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

load_outcome outcome_of(std::string_view lines) {
  const auto word = value_of(lines, "outcome");
  if (word == "loaded")
    return value_of(lines, "attach") == "failed" ? load_outcome::attach_failed
                                                 : load_outcome::loaded;
  if (word == "rejected")
    return load_outcome::rejected;
  return word == "object_rejected" ? load_outcome::object_rejected : load_outcome::not_opened;
}

void read_program(const guest_results& guest, unsigned number, program_result& program) {
  const auto outcome = guest.find("outcome", number);
  if (!outcome)
    return;
  program.outcome = outcome_of(*outcome);
  program.error = static_cast<int>(number_of(
      *outcome, program.outcome == load_outcome::attach_failed ? "attach_errno" : "errno"));
  program.is_attached = value_of(*outcome, "attach") == "attached";
  program.xlated_size = number_of(*outcome, "xlated");
  program.jited_size = number_of(*outcome, "jited");
  const auto log = guest.find("verifier", number).value_or("");
  program.statistics = read_statistics(log);
  if (program.outcome == load_outcome::loaded)
    return;
  program.libbpf_log = guest.find("libbpf", number).value_or("");
  if (program.outcome != load_outcome::rejected)
    return;
  program.verifier_log = log;
  auto cause = detail::find_cause(log);
  program.reason = std::move(cause.reason);
  program.source = std::move(cause.source);
  program.instruction = std::move(cause.instruction);
  program.suggestion = std::move(cause.suggestion);
}

// Returns the type of program that libbpf chooses for a SEC(), as libbpf and bpftool write it.
std::string type_of(std::string section) {
  if (section.starts_with('?'))
    section.erase(0, 1);
  bpf_prog_type type{};
  bpf_attach_type attach_type{};
  const auto previous = libbpf_set_print(nullptr);
  const bool is_known = libbpf_prog_type_by_name(section.c_str(), &type, &attach_type) == 0;
  libbpf_set_print(previous);
  const char* name = is_known ? libbpf_bpf_prog_type_str(type) : nullptr;
  return name == nullptr ? std::string() : std::string(name);
}

class load_test {
 public:
  load_test(const load_request& request, const bootable_kernel& kernel)
      : request_(request), kernel_(kernel), explainer_(request.source_directories) {}

  load_results run() {
    const bool is_here = request_.kernel == "host";
    if (request_.attach && !is_here)
      plan_.add("attach");
    // As an application with embedded BTF does. The kernel's own BTF wins where there is some.
    const bool gives_btf = !is_here && !kernel_.has_own_btf && !kernel_.btf.empty();
    constexpr std::string_view btf_path = "/ebpfkit/btf";
    if (gives_btf)
      files_.add_from(kernel_.btf, btf_path);
    for (std::size_t i = 0; i < request_.objects.size(); ++i)
      plan_object(request_.objects[i],
                  is_here
                      ? fs::absolute(request_.objects[i].path).string()
                      : fmt::format("/ebpfkit/objects/{}/{}.bpf.o", i, request_.objects[i].name),
                  gives_btf ? std::string(btf_path) : "-", is_here);
    const auto guest = is_here
                           ? run_on_this_kernel(plan_, request_.machine.guest, request_.launcher)
                           : run_in_machine(kernel_, plan_, files_, request_.machine);
    results_.kernel = request_.kernel;
    results_.release = kernel_.release;
    results_.architecture = kernel_.architecture;
    results_.has_btf = kernel_.has_own_btf;
    if (guest.accelerated_by)
      results_.accelerator = accelerator_name(*guest.accelerated_by);
    if (guest.machine.end != machine_end::complete)
      results_.problem = guest.machine.reason;
    for (unsigned number = 0; number < results_.programs.size(); ++number) {
      auto& program = results_.programs[number];
      read_program(guest, number, program);
      explainer_.add_to(program);
    }
    results_.complaints = guest.kernel_complaints();
    return std::move(results_);
  }

 private:
  void plan_object(const tested_object& object, const std::string& path, const std::string& btf,
                   bool is_here) {
    if (!is_here)
      files_.add_from(object.path, path);
    plan_.add("object", {path, btf});
    explainer_.add_object(object.name, object.path);
    const auto programs = list_programs(object);
    for (const auto& program : programs)
      plan_load(object, program, nullptr);
    for (const auto& variant : request_.variants)
      if (variant.object == object.name)
        for (const auto& program : programs)
          plan_load(object, program, &variant);
  }

  void plan_load(const tested_object& object, const listed_program& program,
                 const tested_variant* variant) {
    plan_.add("load", {fmt::format("{}", results_.programs.size()), program.name,
                       program.is_alone || variant != nullptr ? "alone" : "together"});
    program_result result;
    result.object = object.name;
    result.program = program.name;
    if (variant != nullptr) {
      result.variant = variant->name;
      for (const auto& [name, value] : variant->globals)
        plan_.add("global", {name, value});
    }
    results_.programs.push_back(std::move(result));
  }

  const load_request& request_;
  const bootable_kernel& kernel_;
  load_explainer explainer_;
  guest_plan plan_;
  initramfs files_;
  load_results results_;
};

}  // namespace

std::vector<listed_program> list_programs(const tested_object& object) {
  const bpf_object_file file(object.path);
  if (file.programs().empty())
    throw failure(fmt::format("'{}' has no BPF program", object.path.string()));
  std::vector<listed_program> programs;
  for (const auto& program : file.programs())
    programs.push_back({program.name, program.section.raw().starts_with('?'),
                        type_of(std::string(program.section.raw()))});
  return programs;
}

load_results run_load_test(const load_request& request, const bootable_kernel& kernel) {
  return load_test(request, kernel).run();
}

}  // namespace ebpfkit::host
