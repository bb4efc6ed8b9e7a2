// `ebpfkit inspect verbose-load`: loads programs, and explains why some of them are refused.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "load_test/kept_logs.hpp"
#include "load_test/load_explainer.hpp"
#include "load_test/load_here.hpp"
#include "load_test/load_results.hpp"
#include "load_test/load_run.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/machine_options.hpp"
#include "tool/object_files.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

struct verbose_load_options {
  std::vector<fs::path> objects;
  std::string kernel;
  fs::path cache;
  machine_arguments machine;
  fs::path log_directory;
  std::vector<fs::path> source_directories;
  bool json = false;
};

class verbose_load {
 public:
  verbose_load(const verbose_load_options& given, const inspect_context& context)
      : given_(given),
        kernel_(context.value(given.kernel, "KERNEL")),
        explainer_(sources(context)),
        files_(given.objects) {
    if (kernel_.empty())
      kernel_ = "host";
    for (const auto& file : files_.objects())
      objects_.push_back({file.name, file.path});
    if (objects_.empty())
      for (auto& object : context.objects())
        objects_.push_back({std::move(object.name), std::move(object.path)});
    if (objects_.empty())
      throw failure("verbose-load: there is no object to load",
                    "Name BPF objects: ebpfkit inspect verbose-load FILE.bpf.o");
    for (const auto& object : objects_) {
      explainer_.add_object(object.name, object.path);
      for (auto& program : list_programs(object))
        types_.push_back(std::move(program.type));
    }
    logs_ = given.log_directory.empty() ? context.build_directory() / "ebpf" / "verifier-logs"
                                        : given.log_directory;
  }

  // Returns whether all programs are loaded.
  bool run(const inspect_context& context) {
    if (kernel_ == "host") {
      context.need_root("load BPF programs");
      results_ = load_on_this_kernel(objects_);
    } else {
      run_in_machine();
    }
    if (!results_.problem.empty())
      throw failure(fmt::format("kernel {}: {}", kernel_, results_.problem));
    for (const auto& program : results_.programs)
      kept_.push_back(keep_log(logs_, kernel_, program));
    return std::ranges::all_of(results_.programs, is_loaded);
  }

  std::string text() const {
    auto text = fmt::format("{}\n\n{}", where(), table());
    for (const auto& each : refusals())
      text += fmt::format("\n{}", each);
    const auto refused = std::ranges::count_if(results_.programs, std::not_fn(is_loaded));
    if (refused != 0)
      text +=
          fmt::format("\n{} of {} programs cannot be loaded.\n", refused, results_.programs.size());
    return text;
  }

  json document() const {
    auto document = inspect_document("verbose-load");
    document["kernel"] = kernel_;
    document["release"] = results_.release;
    document["architecture"] = results_.architecture;
    document["programs"] = json::array();
    for (std::size_t i = 0; i < results_.programs.size(); ++i)
      document["programs"].push_back(entry(i));
    return document;
  }

 private:
  static bool is_loaded(const program_result& program) {
    return program.outcome == load_outcome::loaded;
  }

  std::vector<fs::path> sources(const inspect_context& context) const {
    auto directories = given_.source_directories;
    for (auto& directory : context.source_directories())
      directories.push_back(std::move(directory));
    std::error_code error;
    directories.push_back(fs::current_path(error));
    for (const auto& path : given_.objects)
      directories.push_back(fs::absolute(path, error).parent_path());
    return directories;
  }

  void run_in_machine() {
    const kernel_store store(given_.cache);
    const auto kernel = find_or_fetch(store, kernel_, true);
    load_request request;
    request.kernel = kernel_;
    request.objects = objects_;
    request.attach = false;
    request.machine = options_of(given_.machine, store.cache(), kernel.architecture);
    results_ = run_load_test(request, kernel);
  }

  std::string where() const {
    return kernel_ == "host" ? fmt::format("The running kernel (Linux {}):", results_.release)
                             : fmt::format("{} (Linux {}):", kernel_, results_.release);
  }

  std::string table() const {
    const auto number = [](const std::optional<std::uint64_t>& value) {
      return value ? std::to_string(*value) : std::string("-");
    };
    std::vector<std::vector<std::string>> rows{
        {"program", "type", "verdict", "instructions", "states", "stack"}};
    for (std::size_t i = 0; i < results_.programs.size(); ++i) {
      const auto& program = results_.programs[i];
      const auto& figures = program.statistics;
      rows.push_back({program.full_name(), type_of(i), verdict_of(program),
                      number(figures.instructions), number(figures.states),
                      number(figures.stack_depth)});
    }
    return text_table(rows);
  }

  std::string type_of(std::size_t i) const {
    return i < types_.size() && !types_[i].empty() ? types_[i] : "-";
  }

  // "loaded", or the kind of the error.
  std::string verdict_of(const program_result& program) const {
    if (is_loaded(program))
      return "loaded";
    if (program.outcome == load_outcome::missing)
      return "no result";
    return explainer_.kind(explainer_.explain(program));
  }

  // Why a program is not loaded, and the other programs of its object with the same explanation: a
  // map or a kernel function that is missing stops all programs of an object.
  struct refusal {
    std::size_t program = 0;
    std::string explanation;
    std::vector<std::string> others;
  };

  std::vector<std::string> refusals() const {
    std::vector<refusal> all;
    for (std::size_t i = 0; i < results_.programs.size(); ++i) {
      const auto& program = results_.programs[i];
      if (is_loaded(program))
        continue;
      std::string explanation;
      if (program.outcome != load_outcome::missing)
        explanation = explainer_.text(explainer_.explain(program), "  ");
      const auto is_same = [&](const refusal& other) {
        const auto& told = results_.programs[other.program];
        return !explanation.empty() && other.explanation == explanation &&
               told.object == program.object && told.variant == program.variant &&
               told.error == program.error;
      };
      if (const auto same = std::ranges::find_if(all, is_same); same != all.end())
        same->others.push_back(program.program);
      else
        all.push_back({i, std::move(explanation), {}});
    }
    std::vector<std::string> texts;
    for (const auto& each : all)
      texts.push_back(text_of(each));
    return texts;
  }

  std::string text_of(const refusal& refused) const {
    const auto i = refused.program;
    const auto& program = results_.programs[i];
    if (program.outcome == load_outcome::missing)
      return fmt::format("{}: the machine told nothing about it.\n", program.full_name());
    auto text = fmt::format("{} ({}): {} (errno {})\n", program.full_name(), type_of(i),
                            std::strerror(program.error), program.error);
    if (!refused.others.empty())
      text += fmt::format("  the same for:   {}\n", fmt::join(refused.others, ", "));
    text += refused.explanation + '\n';
    if (!kept_[i].empty())
      text += fmt::format("  whole log:      {}\n", kept_[i].string());
    return text;
  }

  json entry(std::size_t i) const {
    const auto& program = results_.programs[i];
    const auto& figures = program.statistics;
    const auto number = [](const std::optional<std::uint64_t>& value) {
      return value ? json(*value) : json(nullptr);
    };
    json entry{{"object", program.object},
               {"program", program.program},
               {"type", type_of(i)},
               {"verdict", outcome_name(program.outcome)},
               {"errno", program.error},
               {"instructions", number(figures.instructions)},
               {"states", number(figures.states)},
               {"peak_states", number(figures.peak_states)},
               {"stack_bytes", number(figures.stack_depth)},
               {"xlated_bytes", program.xlated_size},
               {"jited_bytes", program.jited_size},
               {"log_file", kept_[i].empty() ? json(nullptr) : json(kept_[i].string())},
               {"explanation", nullptr}};
    if (!is_loaded(program) && program.outcome != load_outcome::missing)
      entry["explanation"] = load_explainer::json(explainer_.explain(program));
    return entry;
  }

  const verbose_load_options& given_;
  std::string kernel_;
  load_explainer explainer_;
  object_files files_;
  std::vector<tested_object> objects_;
  std::vector<std::string> types_;  // of all programs, in the order of the results
  fs::path logs_;
  load_results results_;
  std::vector<fs::path> kept_;
};

}  // namespace

void add_inspect_verbose_load_command(CLI::App& inspect, const shared_context& context) {
  auto* command = inspect.add_subcommand(
      "verbose-load", "Load each program, and explain why some are refused; none stays loaded");
  auto given = std::make_shared<verbose_load_options>();
  command->add_option(
      "objects", given->objects,
      "BPF objects, or applications with some (default: those of the project, when a "
      "target calls)");
  command->add_option("--kernel", given->kernel,
                      "Load in a virtual machine with this kernel, such as debian/6.1/amd64 "
                      "(default: on the running kernel)");
  command->add_option("--cache", given->cache,
                      "Directory of the cache of kernels (default: ~/.cache/ebpfkit)");
  command->add_option("--log-directory", given->log_directory,
                      "Where the logs go (default: ebpf/verifier-logs in the build directory or "
                      "the current one)");
  command
      ->add_option("--source-directory", given->source_directories,
                   "Look for sources here and in the directories above. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--json", given->json, "Print JSON");
  add_machine_options(*command, given->machine);
  command->callback([=] {
    verbose_load load(*given, *context);
    const bool are_loaded = load.run(*context);
    if (context->flag(given->json, "JSON"))
      print_json(load.document());
    else
      print_output("{}", load.text());
    throw CLI::RuntimeError(are_loaded ? 0 : 1);
  });
}

}  // namespace ebpfkit::host::tool
