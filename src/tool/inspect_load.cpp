// `ebpfkit inspect load`: runs a project's loader as root.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "support/shell_words.hpp"
#include "tool/inspect.hpp"

namespace ebpfkit::host::tool {

void add_inspect_load_command(CLI::App& inspect, const shared_context& context) {
  auto* command = inspect.add_subcommand("load", "Run a program that loads BPF, as root");
  auto words = std::make_shared<std::vector<std::string>>();
  auto candidates = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *words, "The program and its arguments, behind --");
  command
      ->add_option("--candidate", *candidates,
                   "A target of the project that links a skeleton, when there are several")
      ->take_all()
      ->allow_extra_args(false);
  command->callback([=] {
    if (words->empty())
      throw failure(candidates->empty()
                        ? "load: no executable of the project links a skeleton"
                        : fmt::format("load: several executables of the project link skeletons: {}",
                                      fmt::join(*candidates, ", ")),
                    "Name the one to run: -DEBPFKIT_LOADER=<target>");
    context->need_root("load BPF programs");
    auto all = *words;
    for (auto& word : split_shell_words(context->value({}, "LOAD_ARGS")))
      all.push_back(std::move(word));
    std::vector<char*> pointers;
    for (auto& word : all)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    throw failure(fmt::format("'{}': cannot run it: {}", all.front(), std::strerror(errno)),
                  "Name an executable: -DEBPFKIT_LOADER=<target>");
  });
}

}  // namespace ebpfkit::host::tool
