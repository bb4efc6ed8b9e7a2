// `ebpfkit`: the host tool behind EbpfKit's CMake commands. One file a subcommand.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "support/failure.hpp"
#include "tool/command.hpp"

namespace ebpfkit::tool {

void add_output_options(CLI::App& command, output_options& options) {
  command.add_option("--output", options.path, "File to write")->required();
  command.add_flag("--touch-unchanged", options.touch_unchanged,
                   "Renew the file's time even when its content stays the same (for make)");
}

}  // namespace ebpfkit::tool

int main(int argc, char** argv) {
  CLI::App app{"Host tool of EbpfKit: kernel types, BPF objects and skeletons.", "ebpfkit"};
  app.set_version_flag("--version", EBPFKIT_VERSION);
  app.require_subcommand(1);
  ebpfkit::tool::add_bindings_command(app);
  ebpfkit::tool::add_btf_command(app);
  ebpfkit::tool::add_compile_command(app);
  ebpfkit::tool::add_core_command(app);
  ebpfkit::tool::add_export_command(app);
  ebpfkit::tool::add_embed_command(app);
  ebpfkit::tool::add_object_command(app);
  ebpfkit::tool::add_skeleton_command(app);

  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const ebpfkit::failure& error) {
    fmt::print(stderr, "ebpfkit: {}\n", error.what());
    if (!error.remedy().empty())
      fmt::print(stderr, "  {}\n", error.remedy());
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit: {}\n", error.what());
  }
  return 1;
}
