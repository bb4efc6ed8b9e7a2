#include "load_test/kept_logs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "support/failure.hpp"
#include "support/temporary_entry.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* reason) {
  throw failure(fmt::format("'{}': cannot write the verifier's log: {}", path.string(), reason),
                "Name a directory that can be written: --log-directory DIR.");
}

// A kernel may be named by a path.
std::string file_name(std::string_view kernel, const program_result& program) {
  auto name = fmt::format("{}.{}.log", kernel, program.full_name());
  std::ranges::replace_if(
      name, [](char character) { return character == '/' || character == ':'; }, '_');
  return name;
}

// Makes the directory. It belongs to the owner of the one above it.
void make_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error))
    return;
  const auto above = fs::absolute(directory, error).lexically_normal().parent_path();
  if (above != directory)
    make_directory(above);
  if (::mkdir(directory.c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) != 0 &&
      errno != EEXIST)
    fail(directory, std::strerror(errno));
  struct stat owner {};
  if (::geteuid() == 0 && ::stat(above.c_str(), &owner) == 0 && owner.st_uid != 0)
    static_cast<void>(::lchown(directory.c_str(), owner.st_uid, owner.st_gid));
}

void write_all(int descriptor, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR)
      fail(path, std::strerror(errno));
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

fs::path keep_log(const fs::path& directory, std::string_view kernel,
                  const program_result& program) {
  auto path = directory / file_name(kernel, program);
  if (program.verifier_log.empty() && program.libbpf_log.empty()) {
    std::error_code error;
    fs::remove(path, error);
    return {};
  }
  make_directory(directory);
  try {
    temporary_entry file(directory, temporary_entry::type::file);
    const int descriptor = file.descriptor().get();
    struct stat owner {};
    if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0)
      fail(path, std::strerror(errno));
    if (::geteuid() == 0 && ::stat(directory.c_str(), &owner) == 0 && owner.st_uid != 0 &&
        ::fchown(descriptor, owner.st_uid, owner.st_gid) != 0)
      fail(path, std::strerror(errno));
    write_all(descriptor, program.libbpf_log, path);
    write_all(descriptor, program.verifier_log, path);
    fs::rename(file.path(), path);
    file.release();
  } catch (const std::system_error& error) {
    fail(path, error.code().message().c_str());
  }
  return path;
}

}  // namespace ebpfkit::host
