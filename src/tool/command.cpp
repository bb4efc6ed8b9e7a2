#include "tool/command.hpp"

#include <bit>
#include <map>
#include <string>

#include "support/byte_order.hpp"

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

CLI::CheckedTransformer byte_order_words() {
  std::map<std::string, std::endian> words;
  for (const auto order : {std::endian::little, std::endian::big})
    words.emplace(byte_order_name(order), order);
  return CLI::CheckedTransformer(words);
}

}  // namespace ebpfkit::host::tool
