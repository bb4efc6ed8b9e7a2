// `ebpfkit inputs`: finds inputs whose content changed while their time went back.
#include <memory>

#include "support/input_times.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void add_inputs_command(CLI::App& app) {
  auto* inputs =
      app.add_subcommand("inputs", "Find inputs of a build that changed and did not become newer");
  auto request = std::make_shared<input_times_request>();
  inputs
      ->add_option(
          "--list", request->list,
          "File with lines `output FILE`, `input FILE`, `depfile FILE` and `made DIRECTORY`")
      ->required();
  inputs->add_option("--record", request->record, "File that keeps what the check found")
      ->required();
  inputs
      ->add_option("--stamp", request->stamp,
                   "File that becomes new when an input changed and did not become newer")
      ->required();
  inputs->callback([request] {
    for (const auto& input : check_input_times(*request))
      print_error("ebpfkit: '{}' changed and did not become newer: EbpfKit's steps run again\n",
                  input.string());
  });
}

}  // namespace ebpfkit::host::tool
