#include "tool/object_files.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "object/embedded_objects.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {

namespace fs = std::filesystem;

namespace {

// "packets" for "build/packets.bpf.o".
std::string name_of_object(const fs::path& path) {
  auto name = path.filename().string();
  for (const std::string_view ending : {".o", ".bpf"})
    if (name.size() > ending.size() && name.ends_with(ending))
      name.resize(name.size() - ending.size());
  return name;
}

std::unique_ptr<temporary_entry> make_directory() {
  std::error_code error;
  const auto parent = fs::temp_directory_path(error);
  try {
    if (!error)
      return std::make_unique<temporary_entry>(parent, temporary_entry::type::directory);
  } catch (const std::system_error& reason) {
    error = reason.code();
  }
  throw failure(
      fmt::format("cannot make a directory in '{}': {}", parent.string(), error.message()),
      "Set TMPDIR to a directory where you may write.");
}

}  // namespace

object_files::object_files(const std::vector<fs::path>& given) {
  for (const auto& path : given) {
    if (has_embedded_files(path))
      add_carried(path);
    else
      objects_.push_back({name_of_object(path), path.string(), path});
  }
}

void object_files::add_carried(const fs::path& application) {
  if (!directory_)
    directory_ = make_directory();
  for (const auto& file : find_embedded_files(read_file(application), application.string())) {
    if (file.is != embedded_kind::bpf_object)
      continue;
    // A stranger may have written the name. It must not lead out of the directory.
    const auto name = is_c_identifier(file.name) ? file.name : std::string("object");
    // Two applications may carry objects of one name.
    const auto path = directory_->path() / fmt::format("{}", objects_.size()) / (name + ".bpf.o");
    fs::create_directory(path.parent_path());
    write_output(path, as_text(file.bytes), unchanged::keep);
    objects_.push_back(
        {name, fmt::format("{}:{}", application.string(), printable(file.name)), path});
  }
}

}  // namespace ebpfkit::host::tool
