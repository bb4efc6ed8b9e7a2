#include "load_test/ctest_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "support/failure.hpp"
#include "support/nearest_names.hpp"

namespace ebpfkit::host {

namespace {

// CTest reads its scripts as CMake does. In a bracket argument no character has a meaning.
std::string quoted(std::string_view text) {
  std::string equals;
  while (text.find("]" + equals + "]") != std::string_view::npos ||
         (text.ends_with("]" + equals) && !text.empty()))
    equals += '=';
  // A line break at the beginning would be dropped.
  return fmt::format("[{0}[{1}{2}]{0}]", equals, text.starts_with('\n') ? "\n" : "", text);
}

std::string quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty())
      text += ' ';
    text += quoted(std::string_view(word));
  }
  return text;
}

// Labels are a list, and ctest's -L takes a regular expression.
std::string labels(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ";"));
}

std::string file_name(std::string_view kernel) {
  std::string name(kernel);
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-'; }, '_');
  return name;
}

struct named_program {
  std::string object;
  std::string program;
  std::string full() const { return object + "." + program; }
};

class script_writer {
 public:
  explicit script_writer(const load_test_description& description) : given_(description) {
    for (const auto& object : given_.objects)
      for (const auto& program : list_programs(object))
        programs_.push_back({object.name, program.name});
    check_names();
  }

  std::string write() {
    text_ = "# Written by `ebpfkit load-test write`.\n";
    for (const auto& kernel : given_.kernels) {
      add_boot(kernel);
      for (const auto& program : programs_) {
        add_program(kernel, program, nullptr);
        for (const auto& variant : given_.variants)
          if (variant.object == program.object)
            add_program(kernel, program, &variant);
      }
    }
    return std::move(text_);
  }

 private:
  // Returns the programs that the word means.
  std::vector<std::string> meant(std::string_view keyword, const std::string& word) const {
    std::vector<std::string> found;
    std::vector<std::string_view> names;
    for (const auto& program : programs_) {
      names.push_back(program.program);
      if (program.program == word || program.full() == word)
        found.push_back(program.full());
    }
    if (found.empty())
      throw failure(fmt::format("{}: {} '{}': there is no such program{}", given_.name, keyword,
                                word, nearest_names_hint(word, names)),
                    "Write the name of a function with SEC(), or OBJECT.FUNCTION.");
    return found;
  }

  void check_names() const {
    for (const auto& expected : given_.expected_failures) {
      static_cast<void>(meant("EXPECT_FAIL", expected.program));
      if (expected.kernel != "*" &&
          std::ranges::find(given_.kernels, expected.kernel) == given_.kernels.end())
        throw failure(
            fmt::format("{}: EXPECT_FAIL '{}': the test has no such kernel", given_.name,
                        expected.kernel),
            fmt::format("The kernels are {}; * means all.", fmt::join(given_.kernels, ", ")));
    }
    for (const auto& word : given_.optional)
      static_cast<void>(meant("OPTIONAL", word));
    for (const auto& word : given_.needs_kernel_btf)
      static_cast<void>(meant("REQUIRES_KERNEL_BTF", word));
    for (const auto& group : given_.one_of)
      for (const auto& word : group)
        static_cast<void>(meant("ONE_OF", word));
  }

  bool is_named(const std::vector<std::string>& words, const named_program& program) const {
    return std::ranges::any_of(words, [&](const std::string& word) {
      return word == program.program || word == program.full();
    });
  }

  std::string results_of(const std::string& kernel) const {
    return (std::filesystem::path(given_.results_directory) / (file_name(kernel) + ".json"))
        .string();
  }

  std::string fixture_of(const std::string& kernel) const {
    return fmt::format("{}.{}.boot", given_.name, kernel);
  }

  void add_test(const std::string& name, const std::vector<std::string>& command,
                const std::string& properties) {
    text_ += fmt::format("add_test({} {})\nset_tests_properties({} PROPERTIES {})\n",
                         quoted(std::string_view(name)), quoted(command),
                         quoted(std::string_view(name)), properties);
  }

  void add_boot(const std::string& kernel) {
    auto command = given_.run_command;
    for (const auto& word : given_.variant_words)
      command.push_back("--variant=" + word);
    command.insert(command.end(), {"--kernel", kernel, "--results", results_of(kernel)});
    const bool is_vm = kernel != "host";
    auto properties =
        fmt::format("FIXTURES_SETUP {} LABELS {} TIMEOUT {} PROCESSORS {}",
                    quoted(std::string_view(fixture_of(kernel))),
                    quoted(std::string_view(labels({"ebpf", is_vm ? "vm" : "host", kernel}))),
                    given_.time_limit, given_.processors);
    properties += " SKIP_RETURN_CODE 77";
    if (!given_.fixture.empty())
      properties += " FIXTURES_REQUIRED " + quoted(std::string_view(given_.fixture));
    add_test(fixture_of(kernel), command, properties);
  }

  void add_program(const std::string& kernel, const named_program& program,
                   const tested_variant* variant) {
    const auto full =
        variant == nullptr ? program.full() : fmt::format("{}.{}", program.full(), variant->name);
    const auto test = fmt::format("{}.{}.{}", given_.name, kernel, full);
    const auto properties = fmt::format(
        "FIXTURES_REQUIRED {} SKIP_RETURN_CODE 77 LABELS {}",
        quoted(std::string_view(fixture_of(kernel))),
        quoted(std::string_view(
            labels({"ebpf", kernel == "host" ? "host" : "vm", kernel, program.program}))));
    std::vector<std::string> base{given_.tool,        "load-test", "check",       "--results",
                                  results_of(kernel), "--program", program.full()};
    if (variant != nullptr)
      base.insert(base.end(), {"--variant", variant->name});

    auto command = base;
    for (const auto& expected : given_.expected_failures)
      if ((expected.kernel == kernel || expected.kernel == "*") &&
          is_named({expected.program}, program))
        command.insert(command.end(), {"--expect-fail", expected.pattern});
    if (is_named(given_.optional, program))
      command.emplace_back("--optional");
    if (is_named(given_.needs_kernel_btf, program))
      command.emplace_back("--requires-kernel-btf");
    for (const auto& group : given_.one_of)
      if (is_named(group, program))
        for (const auto& word : group)
          for (const auto& other : meant("ONE_OF", word))
            command.insert(command.end(), {"--one-of", other});
    add_test(test, command, properties);

    for (const auto& [object, words] : given_.budgets) {
      if (object != program.object)
        continue;
      auto budget = base;
      budget.emplace_back("--budget");
      budget.insert(budget.end(), words.begin(), words.end());
      add_test(test + ".budget", budget, properties);
    }
  }

  const load_test_description& given_;
  std::vector<named_program> programs_;
  std::string text_;
};

}  // namespace

std::string ctest_script(const load_test_description& description) {
  return script_writer(description).write();
}

}  // namespace ebpfkit::host
