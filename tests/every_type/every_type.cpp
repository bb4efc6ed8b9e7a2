// Asks for every struct, union, enum and typedef of a kernel's BTF by name, one by one and all at
// once. Compiles the headers for BPF, with assertions on the layout of all types that they define.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "input/btf_input.hpp"
#include "layout_assertions.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::test {

namespace {

namespace fs = std::filesystem;

struct options {
  fs::path btf, work, report;
  std::vector<std::string> compiler;
};

// The number of headers that one process compiles.
constexpr std::size_t batch_size = 100;

// Every name once with its keyword, such as "struct task_struct".
std::vector<std::string> names_of(const type_graph& graph) {
  std::vector<std::string> names;
  for (type_id type = 1; type < graph.type_count(); ++type) {
    const bool is_wanted = graph.is_record(type) || graph.is_enumeration(type) ||
                           graph.kind(type) == type_kind::type_definition;
    if (is_wanted && !graph.name(type).empty())
      names.push_back(fmt::format("{} {}", kind_name(graph.kind(type)), graph.name(type)));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Returns the command of clang's frontend, which `compiler` would run itself. It compiles any
// number of files one after the other, each on its own. The driver `compiler` would start a process
// for each file.
std::vector<std::string> frontend_command(const options& given, const fs::path& source) {
  auto command = given.compiler;
  command.insert(command.end(), {"-Werror", "-fsyntax-only", "-###", source.string()});
  const auto told = run_process(command).errors;
  const auto at = told.find("\"-cc1\"");
  if (at == std::string::npos)
    throw failure(fmt::format("clang does not tell its command: {}", told));
  const auto begin = told.rfind('\n', at) + 1;
  std::vector<std::string> words;
  bool is_quoted = false;
  for (auto i = begin; i < told.size() && told[i] != '\n'; ++i) {
    if (told[i] == '"') {
      is_quoted = !is_quoted;
      if (is_quoted)
        words.emplace_back();
    } else if (is_quoted) {
      i += told[i] == '\\' ? 1 : 0;
      words.back() += told[i];
    }
  }
  std::erase(words, source.string());
  return words;
}

struct counts {
  std::size_t records = 0, offsets = 0, enumerations = 0, bytes = 0;
};

class tester {
 public:
  explicit tester(const options& given)
      : given_(given), graph_(open_btf(given.btf)), names_(names_of(*graph_)) {
    fs::create_directories(given.work);
    control_ = given.work / "control.c";
    write_output(control_, "_Static_assert(0, \"all were compiled\");\n", unchanged::keep);
    frontend_ = frontend_command(given, control_);
  }

  int run() {
    try_together();
    try_one_by_one();
    std::string text;
    for (const auto& [name, problem] : problems_)
      text += fmt::format("FAILED {}: {}\n", name, problem);
    text += fmt::format(
        "{} names one by one, and all in one header: {} records with {} offsets and {} enums "
        "checked, {} MB of C; {} failed\n",
        names_.size(), sum_.records, sum_.offsets, sum_.enumerations, sum_.bytes / 1000000,
        problems_.size());
    std::fputs(text.c_str(), stdout);
    if (!given_.report.empty())
      write_output(given_.report, text, unchanged::keep);
    return problems_.empty() ? 0 : 1;
  }

 private:
  void tell(const std::string& name, const std::string& problem) {
    const std::lock_guard lock(mutex_);
    problems_.emplace(name, problem);
  }

  // Returns the program that proves the header of the names.
  std::string program_for(const std::vector<std::string>& names) {
    // libbpf has one print callback for the whole process, and write_c_header sets it.
    const std::lock_guard lock(mutex_);
    type_request request;
    request.types = names;
    auto text = write_c_header(*graph_, select_types(*graph_, request, "the kernel's BTF"), {});
    const auto assertions = assertions_for(*graph_, text);
    sum_.records += assertions.records;
    sum_.offsets += assertions.offsets;
    sum_.enumerations += assertions.enumerations;
    text += assertions.text;
    const std::vector<std::string_view> defined = [&] {
      std::vector<std::string_view> sorted(assertions.defined.begin(), assertions.defined.end());
      std::sort(sorted.begin(), sorted.end());
      return sorted;
    }();
    for (const auto& name : names) {
      if (name.starts_with("typedef "))
        text += assertion_for_typedef(name.substr(8));
      else if (!is_defined(name, defined))
        throw failure(fmt::format("the header does not define '{}'", name));
    }
    sum_.bytes += text.size();
    return text;
  }

  // The header writes x___2 where a type of another kind has the name x in C already.
  bool is_defined(const std::string& name, const std::vector<std::string_view>& defined) const {
    const std::string_view tag = std::string_view(name).substr(name.find(' ') + 1);
    const auto with_tag = graph_->find_types(tag);
    const auto others = std::ranges::count_if(with_tag, [&](type_id type) {
      return graph_->is_record(type) || graph_->is_enumeration(type);
    });
    return std::binary_search(defined.begin(), defined.end(), std::string_view(name)) ||
           (others > 1 &&
            std::binary_search(defined.begin(), defined.end(), std::string_view(name + "___2")));
  }

  // Tells whether the type is the kernel compiler's __builtin_va_list. No header can define it, and
  // BPF has another one.
  bool is_argument_list(type_id type) const {
    for (; graph_->kind(type) == type_kind::type_definition; type = graph_->target(type)) {
      if (graph_->name(type) == "__builtin_va_list")
        return true;
    }
    return false;
  }

  std::string assertion_for_typedef(const std::string& name) const {
    std::string any;
    for (const auto type : graph_->find_types(name)) {
      if (graph_->kind(type) != type_kind::type_definition)
        continue;
      const auto size = is_argument_list(type) ? 0 : graph_->size_of(type);
      // The assertion only names a type that has no size.
      any += fmt::format(
          "{}{} == {}", any.empty() ? "" : " || ",
          size == 0 ? fmt::format("sizeof({} *)", name) : fmt::format("sizeof({})", name),
          size == 0 ? graph_->pointer_size() : size);
    }
    return fmt::format("_Static_assert({}, \"\");\n", any);
  }

  void try_together() {
    try {
      const auto source = given_.work / "all.c";
      write_output(source, program_for(names_), unchanged::keep);
      compile({{"all names in one header", source}});
    } catch (const failure& error) {
      tell("all names in one header", error.what());
    }
  }

  void try_one_by_one() {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (auto begin = next.fetch_add(batch_size); begin < names_.size();
           begin = next.fetch_add(batch_size)) {
        const auto end = std::min(begin + batch_size, names_.size());
        try_batch({names_.begin() + static_cast<std::ptrdiff_t>(begin),
                   names_.begin() + static_cast<std::ptrdiff_t>(end)},
                  begin);
      }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
    for (auto& thread : threads)
      thread.join();
  }

  void try_batch(const std::vector<std::string>& names, std::size_t number) {
    std::map<std::string, fs::path> sources;
    const auto directory = given_.work / fmt::format("{}", number);
    for (const auto& name : names) {
      try {
        const auto source = directory / fmt::format("{}.c", sources.size());
        write_output(source, program_for({name}), unchanged::keep);
        sources.emplace(name, source);
      } catch (const failure& error) {
        tell(name, error.what());
      }
    }
    try {
      compile(sources);
      fs::remove_all(directory);
    } catch (const std::exception& error) {
      tell(fmt::format("compiling {} and others", names.front()), error.what());
    }
  }

  void compile(const std::map<std::string, fs::path>& sources) {
    auto command = frontend_;
    for (const auto& [name, source] : sources)
      command.push_back(source.string());
    command.push_back(control_.string());
    const auto errors = "\n" + run_process(command).errors;
    for (const auto& [name, source] : sources) {
      const auto at = errors.find("\n" + source.string() + ":");
      if (at != std::string::npos)
        tell(name, errors.substr(at + 1, errors.find('\n', at + 1) - at - 1));
    }
    if (errors.find("\n" + control_.string() + ":1:") == std::string::npos)
      throw failure(fmt::format("clang did not come to the last file: {}", errors));
  }

  const options& given_;
  std::shared_ptr<const type_graph> graph_;
  std::vector<std::string> names_;
  fs::path control_;
  std::vector<std::string> frontend_;
  std::mutex mutex_;  // protects the members below, and libbpf
  std::map<std::string, std::string> problems_;
  counts sum_;
};

}  // namespace

}  // namespace ebpfkit::host::test

int main(int argc, char** argv) {
  ebpfkit::host::test::options given;
  CLI::App app{"Every type of a kernel by name, compiled", "ebpfkit_every_type"};
  app.add_option("--btf", given.btf, "A kernel's BTF")->required()->check(CLI::ExistingFile);
  app.add_option("--work-directory", given.work, "Directory for what is made")->required();
  app.add_option("--report", given.report, "File that the result is written to as well");
  app.add_option("compiler", given.compiler, "clang and its flags, after --")->required();
  try {
    app.parse(argc, argv);
    return ebpfkit::host::test::tester(given).run();
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit_every_type: {}\n", error.what());
    return 1;
  }
}
