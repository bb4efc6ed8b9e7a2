#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void output_options::write(std::string_view content,
                           std::span<const std::filesystem::path> inputs) const {
  write_output(path, content, when_unchanged());
  date_output(path, inputs);
}

void add_output_options(CLI::App& command, output_options& options) {
  command.add_option("--output", options.path, "File to write")->required();
  command.add_flag("--touch-unchanged", options.touch_unchanged,
                   "Renew the file's time even when its content stays the same (for make)");
}

}  // namespace ebpfkit::host::tool
