#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void add_output_options(CLI::App& command, output_options& options) {
  command.add_option("--output", options.path, "File to write")->required();
  command.add_flag("--touch-unchanged", options.touch_unchanged,
                   "Renew the file's time even when its content stays the same (for make)");
}

}  // namespace ebpfkit::host::tool
