// Finds inputs of a build whose content changed while their time went back.
#pragma once

#include <filesystem>
#include <vector>

namespace ebpfkit::host {

struct input_times_request {
  // A text file. Each line is `output <file>`, `input <file>`, `depfile <file>` or `made
  // <directory>`. The inputs of a depfile count as inputs, except those below a directory `made`:
  // the build makes them. Outputs are no inputs, even if another step reads them.
  std::filesystem::path list;
  // What the last check found. The next check replaces it.
  std::filesystem::path record;
  // The time of this file becomes that of now when an input changed and did not become newer.
  std::filesystem::path stamp;
};

// Compares device, inode, size and both times of each input with the record. Returns the inputs
// that changed although they are older than something that Ninja or make may compare them with: an
// output, or what an input was before. Throws `failure` when the record or the stamp cannot be
// written.
std::vector<std::filesystem::path> check_input_times(const input_times_request& request);

}  // namespace ebpfkit::host
