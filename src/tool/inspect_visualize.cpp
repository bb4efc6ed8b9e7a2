// `ebpfkit inspect visualize`: pictures of the control flow of functions, in BPF objects or in the
// kernel.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "picture/dot_text.hpp"
#include "picture/flow_graph.hpp"
#include "picture/html_page.hpp"
#include "picture/loaded_code.hpp"
#include "picture/program_code.hpp"
#include "picture/visits.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"
#include "tool/program_objects.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

// Graphviz needs some seconds for a thousand blocks, and may need hours for very large functions.
constexpr const char* longest_layout = "120";  // seconds

struct visualize_arguments {
  std::vector<fs::path> objects;
  object_choice program;
  std::string function;
  std::string format;
  std::string output;
  std::vector<std::string> visits;
  bool instructions = false;
  bool source = false;
  bool json = false;
};

std::string drawn(const std::string& dot, const std::string& format, const std::string& function) {
  const temporary_file input(fs::temp_directory_path() / "graph", "graph.dot");
  write_output(input.path(), dot, unchanged::keep);
  const auto result =
      run_process({"timeout", longest_layout, "dot", "-T" + format, input.path().string()});
  if (result.exit_status == 127)
    throw failure("visualize: the program `dot` of Graphviz is not there",
                  "Install the package graphviz, or write --format dot (FORMAT=dot), which does "
                  "without.");
  if (result.exit_status == 124)
    throw failure(fmt::format("visualize: Graphviz takes more than {} seconds for '{}'",
                              longest_layout, function),
                  "Choose a smaller function with --function, or write --source.");
  if (result.exit_status != 0)
    throw failure(fmt::format("visualize: Graphviz fails for '{}': {}", function,
                              printable(result.errors, 500)));
  return result.output;
}

// Of an object, or of a program in the kernel: its functions and their graphs.
class object_pictures {
 public:
  explicit object_pictures(const program_object& object)
      : object_(object.path()), functions_(read_functions(object)) {
    make_graphs();
  }
  explicit object_pictures(const loaded_program& program)
      : program_(program),
        functions_(read_loaded_functions(open_program(program.id).get(), program)) {
    make_graphs();
  }

  // One of them is empty.
  const fs::path& object() const { return object_; }
  const std::optional<loaded_program>& program() const { return program_; }
  // What the names of files begin with, and what the page is called.
  std::string stem() const;
  std::string title() const;

  const std::vector<code_function>& functions() const { return functions_; }
  const flow_graph& graph(std::size_t function) const { return graphs_[function]; }

  bool has_visits() const { return has_visits_; }
  // Returns false when the object has no program that the log can be of. An empty name: the only
  // program of the object.
  bool add_visits(const std::string& name, std::string_view log);

 private:
  void make_graphs() {
    for (const auto& function : functions_)
      graphs_.push_back(make_flow_graph(function));
  }

  fs::path object_;
  std::optional<loaded_program> program_;
  std::vector<code_function> functions_;
  std::vector<flow_graph> graphs_;
  bool has_visits_ = false;
};

bool object_pictures::add_visits(const std::string& name, std::string_view log) {
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < functions_.size(); ++i)
    if (functions_[i].is_entry && (name.empty() || functions_[i].name == name))
      entries.push_back(i);
  if (entries.size() != 1)
    return false;
  const auto visits = count_visits(log);
  for (const auto& [function, place] : function_places(functions_, entries.front()))
    set_visits(functions_[function], graphs_[function], visits, place);
  has_visits_ = has_visits_ || !visits.empty();
  return true;
}

// One log, and the program that it is of. An empty name: the only program of an object.
struct visits_log {
  std::string program;
  fs::path file;
  fs::file_time_type time;
};

// "[PROGRAM=]LOG", or a directory with logs that load tests and verbose-load keep:
// <kernel>.<object>.<program>.log. The newest is the last, so that the picture shows the last run
// when there are logs of several kernels.
std::vector<visits_log> visits_logs(const std::string& word) {
  std::error_code error;
  if (fs::is_directory(word, error)) {
    std::vector<visits_log> logs;
    for (const auto& entry : fs::directory_iterator(word)) {
      const auto stem = entry.path().stem().string();
      const auto dot = stem.rfind('.');
      if (entry.path().extension() == ".log" && dot != std::string::npos)
        logs.push_back({stem.substr(dot + 1), entry.path(), entry.last_write_time(error)});
    }
    std::ranges::sort(logs, {},
                      [](const visits_log& log) { return std::pair(log.time, log.file); });
    if (logs.empty())
      throw failure(fmt::format("visualize: --visits '{}' has no logs", printable(word)),
                    "verbose-load and load tests keep those of programs that were refused in "
                    "<build directory>/ebpf/verifier-logs.");
    return logs;
  }
  const auto equals = word.find('=');
  if (equals == std::string::npos)
    return {{"", word, {}}};
  return {{word.substr(0, equals), word.substr(equals + 1), {}}};
}

void add_all_visits(const std::vector<std::string>& words, std::vector<object_pictures>& objects) {
  for (const auto& word : words) {
    std::error_code error;
    const bool is_directory = fs::is_directory(word, error);
    for (const auto& visits : visits_logs(word)) {
      const auto& name = visits.program;
      const auto& path = visits.file;
      const auto bytes = read_file(path);
      const auto log = as_text(bytes);
      if (count_visits(log).empty()) {
        if (is_directory)
          continue;  // refused before the verifier began
        throw failure(fmt::format("visualize: '{}' is no log of the verifier", path.string()),
                      "Make one with log level 1 or 2.");
      }
      const auto found = std::ranges::count_if(
          objects, [&](object_pictures& object) { return object.add_visits(name, log); });
      if (found == 0 && !is_directory)
        throw failure(name.empty()
                          ? fmt::format("visualize: --visits '{}' does not say of which program "
                                        "the log is",
                                        word)
                          : fmt::format("visualize: no program is called '{}'", name),
                      "Write --visits <program>=<log>.");
    }
  }
}

void check_function(const std::string& wanted, const std::vector<object_pictures>& objects) {
  std::vector<std::string> names;
  for (const auto& object : objects)
    for (const auto& function : object.functions())
      names.push_back(function.name);
  if (!wanted.empty() && std::ranges::find(names, wanted) == names.end())
    throw failure(fmt::format("visualize: no function is called '{}'", printable(wanted)),
                  names.empty() ? "The objects have no functions."
                                : "There are " + list_names(names, 20) + ".");
  if (names.empty())
    throw failure("visualize: the objects have no functions",
                  "Name an object that has BPF programs.");
}

// A file name of an object or function. A stranger may have written the name.
std::string file_name_of(std::string_view name) {
  std::string safe;
  for (const char c : name.substr(0, 120)) {
    const bool is_safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    safe += is_safe ? c : '_';
  }
  return safe.starts_with('.') ? "_" + safe : safe;
}

std::string stem_of(const fs::path& object) {
  auto name = object.filename().string();
  for (const std::string_view ending : {".o", ".bpf"})
    if (name.ends_with(ending))
      name.resize(name.size() - ending.size());
  return file_name_of(name);
}

std::string object_pictures::stem() const {
  return program_ ? fmt::format("{}-{}", file_name_of(program_->name), program_->id)
                  : stem_of(object_);
}

std::string object_pictures::title() const {
  return program_ ? fmt::format("program {} {}", program_->id, program_->name)
                  : object_.filename().string();
}

class picture_writer {
 public:
  picture_writer(fs::path directory, std::string format, block_content content)
      : directory_(std::move(directory)), format_(std::move(format)), content_(content) {}

  void write(const object_pictures& object, const std::string& wanted);
  const nlohmann::ordered_json& list() const { return list_; }

 private:
  void put(const fs::path& file, std::string_view content, const object_pictures& of,
           const std::vector<std::string>& functions);

  fs::path directory_;
  std::string format_;
  block_content content_;
  nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
};

void picture_writer::put(const fs::path& file, std::string_view content, const object_pictures& of,
                         const std::vector<std::string>& functions) {
  const auto path = directory_ / file;
  write_output(path, content, unchanged::touch);
  nlohmann::ordered_json entry{{"object", nullptr}, {"program_id", nullptr}};
  if (of.program())
    entry["program_id"] = of.program()->id;
  else
    entry["object"] = of.object().string();
  entry["functions"] = functions;
  entry["file"] = path.string();
  list_.push_back(std::move(entry));
}

void picture_writer::write(const object_pictures& object, const std::string& wanted) {
  std::vector<function_picture> page;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < object.functions().size(); ++i) {
    const auto& function = object.functions()[i];
    const auto& graph = object.graph(i);
    if (graph.blocks.empty() || (!wanted.empty() && function.name != wanted))
      continue;
    const auto dot = dot_text(function, graph, {content_, page.size(), object.has_visits()});
    if (format_ == "html") {
      page.push_back({function, graph, drawn(dot, "svg", function.name)});
      names.push_back(function.name);
      continue;
    }
    const auto name = fmt::format("{}.{}.{}", object.stem(), file_name_of(function.name), format_);
    put(name, format_ == "dot" ? dot : drawn(dot, format_, function.name), object, {function.name});
  }
  if (!page.empty())
    put(object.stem() + ".html", html_page(object.title(), page), object, names);
}

// Those of the programs in the kernel that PROG or PROG_ID name, else of objects.
std::vector<object_pictures> choose_pictures(const inspect_context& context,
                                             const visualize_arguments& given) {
  std::vector<object_pictures> pictures;
  if (!context.value(given.program.id, "PROG_ID").empty() ||
      !context.value(given.program.name, "PROG").empty()) {
    if (!given.objects.empty())
      throw failure("visualize: an object and a program in the kernel are named",
                    "Write one of them.");
    context.need_root("read programs in the kernel");
    for (const auto& program : choose_programs(context, given.program, "visualize"))
      pictures.emplace_back(program);
    return pictures;
  }
  const auto files = given.objects.empty() ? context.object_paths() : given.objects;
  if (files.empty())
    throw failure(
        "visualize: no object is named",
        "Write the path of a BPF object or of an application, or PROG_ID=<id> (--prog-id) "
        "for a program in the kernel.");
  for (const auto& object : read_program_objects(files))
    pictures.emplace_back(object);
  return pictures;
}

void run_visualize(const inspect_context& context, const visualize_arguments& given) {
  auto format = context.value(given.format, "FORMAT");
  if (format.empty())
    format = "svg";
  if (format != "svg" && format != "png" && format != "dot" && format != "html")
    throw failure(fmt::format("visualize: FORMAT '{}' is no kind of picture", printable(format)),
                  "Write svg, png, dot or html.");
  if (given.instructions && given.source)
    throw failure("visualize: --instructions and --source exclude each other",
                  "Write one of them.");
  auto objects = choose_pictures(context, given);
  const auto wanted = context.value(given.function, "FUNCTION");
  check_function(wanted, objects);
  const auto visits =
      given.visits.empty() ? split_shell_words(context.value({}, "VISITS")) : given.visits;
  if (!visits.empty() && objects.front().program())
    throw failure("visualize: a log of the verifier does not fit a program in the kernel",
                  "The verifier changed its instructions. Draw the object with --visits.");
  add_all_visits(visits, objects);

  auto output = context.value(given.output, "OUTPUT");
  if (output.empty())
    output = "pictures";
  const auto content = given.instructions ? block_content::instructions
                       : given.source     ? block_content::source
                                          : block_content::by_size;
  picture_writer writer(output, format, content);
  for (const auto& object : objects)
    writer.write(object, wanted);
  if (context.flag(given.json, "JSON")) {
    auto document = inspect_document("visualize");
    document["pictures"] = writer.list();
    print_json(document);
    return;
  }
  for (const auto& picture : writer.list())
    print_output("{}\n", fs::absolute(picture["file"].get<std::string>()).string());
}

}  // namespace

void add_inspect_visualize_command(CLI::App& inspect, const shared_context& context) {
  auto* command = inspect.add_subcommand("visualize", "Draw the control flow of functions");
  auto given = std::make_shared<visualize_arguments>();
  command->add_option("object", given->objects, "BPF objects, or applications that carry some");
  add_program_choice(*command, given->program);
  command->add_option("--function", given->function,
                      "Only this function (variable FUNCTION). Default: all");
  command->add_option("--format", given->format,
                      "svg, png, dot, or html: one page for each object, to zoom, search and click "
                      "(variable FORMAT). Default: svg");
  command->add_option("--output", given->output,
                      "Directory of the pictures (variable OUTPUT). Default: pictures");
  command
      ->add_option(
          "--visits", given->visits,
          "[PROGRAM=]LOG: the verifier's log of level 1 or 2 colours the blocks by how often "
          "the verifier came there; or a directory with <kernel>.<object>.<program>.log; may be "
          "repeated (variable VISITS)")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--instructions", given->instructions,
                    "Show all instructions, also of large functions");
  command->add_flag("--source", given->source, "Show source lines only, also of small functions");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { run_visualize(*context, *given); });
}

}  // namespace ebpfkit::host::tool
