#include "packages/extract.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

struct reader_closer {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using reader = std::unique_ptr<archive, reader_closer>;

constexpr std::size_t piece = 1U << 17U;

reader new_reader() {
  reader made(archive_read_new());
  if (!made)
    throw failure("no memory for libarchive");
  return made;
}

// Enables the compressions of source archives and of Debian's packages. Not
// archive_read_support_filter_all(): an archive could then make libarchive run programs such as
// lrzip. A filter that libarchive was built without returns ARCHIVE_WARN and would run a program,
// too.
void support_filters(archive* handle) {
  for (const auto support : {archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
                             archive_read_support_filter_xz, archive_read_support_filter_zstd}) {
    if (support(handle) != ARCHIVE_OK)
      throw failure("libarchive of this machine was built without gzip, bzip2, xz or zstd",
                    "Install a complete libarchive, or give unpacked sources: --source NAME=DIR.");
  }
}

// True when the name stays below the directory that it is relative to.
bool stays_inside(std::string_view name) {
  if (name.empty() || name.front() == '/')
    return false;
  for (const auto& part : fs::path(name)) {
    if (part == "..")
      return false;
  }
  return name.find('\0') == std::string_view::npos;
}

// True when a link at `path` that says `to` leads to a place in the archive.
bool link_stays_inside(std::string_view path, std::string_view to) {
  if (to.empty() || to.front() == '/')
    return false;
  const auto end = (fs::path(path).parent_path() / to).lexically_normal();
  return stays_inside(end.native());
}

std::string_view without_dot(std::string_view name) {
  while (name.starts_with("./"))
    name.remove_prefix(2);
  return name;
}

enum class extracted { plain_files, source_tree };

class extraction {
 public:
  extraction(const fs::path& archive_path, const fs::path& directory,
             const member_filter& is_wanted, extracted what)
      : archive_path_(archive_path), directory_(directory), is_wanted_(is_wanted), what_(what) {}

  void run() {
    const auto outer = new_reader();
    support_filters(outer.get());
    archive_read_support_format_tar(outer.get());
    archive_read_support_format_ar(outer.get());
    check(outer.get(), archive_read_open_filename(outer.get(), archive_path_.c_str(), piece));
    archive_entry* entry = nullptr;
    if (!next(outer.get(), entry))
      throw failure(fmt::format("'{}': the archive is empty", archive_path_.string()));
    if ((archive_format(outer.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR)
      run_package(outer.get(), entry);
    else
      run_tar(outer.get(), entry);
    for (const auto& [name, to] : links_)
      make_link(name, to);
  }

 private:
  // A member of the outer archive as the source of the inner one.
  struct inner_source {
    archive* outer;
    std::vector<char> buffer = std::vector<char>(piece);
  };

  static la_ssize_t read_inner(archive* /*inner*/, void* source, const void** bytes) {
    auto& from = *static_cast<inner_source*>(source);
    *bytes = from.buffer.data();
    return archive_read_data(from.outer, from.buffer.data(), from.buffer.size());
  }

  // A Debian package is an ar archive. Its files are in the member data.tar.*.
  void run_package(archive* outer, archive_entry* entry) {
    do {
      const char* name = archive_entry_pathname(entry);
      if (name == nullptr || !std::string_view(name).starts_with("data.tar"))
        continue;
      inner_source source{outer};
      const auto inner = new_reader();
      support_filters(inner.get());
      archive_read_support_format_tar(inner.get());
      check(inner.get(), archive_read_open(inner.get(), &source, nullptr, read_inner, nullptr));
      archive_entry* member = nullptr;
      if (next(inner.get(), member))
        run_tar(inner.get(), member);
      return;
    } while (next(outer, entry));
    throw failure(
        fmt::format("'{}': this ar archive is no Debian package", archive_path_.string()));
  }

  void run_tar(archive* tar, archive_entry* entry) {
    do {
      extract(tar, entry);
    } while (next(tar, entry));
  }

  void extract(archive* tar, archive_entry* entry) {
    const char* raw_name = archive_entry_pathname(entry);
    if (raw_name == nullptr)
      refuse("(a name that is no text)", "it has no usable name");
    const std::string name(without_dot(raw_name));
    // "./" is the directory itself.
    if (name.empty() || name == "." || !is_wanted_(name))
      return;
    if (!stays_inside(name))
      refuse(name, "it would be outside of the directory");
    if (const char* to = archive_entry_hardlink(entry); to != nullptr)
      return copy_hard_link(name, std::string(without_dot(to)));
    if (const char* to = archive_entry_symlink(entry); to != nullptr) {
      if (!link_stays_inside(name, to))
        refuse(name,
               fmt::format("it is a link to '{}', which is outside of the archive", printable(to)));
      if (what_ == extracted::source_tree)
        links_.emplace_back(name, to);
      return;
    }
    if (archive_entry_filetype(entry) == AE_IFREG) {
      constexpr mode_t executable = 0100;
      write(tar, name,
            what_ == extracted::source_tree && (archive_entry_perm(entry) & executable) != 0);
    }
  }

  // A link below another link could lead to anywhere.
  void make_link(const std::string& name, const std::string& to) {
    auto parent = directory_;
    std::error_code error;
    for (const auto& part : fs::path(name).parent_path()) {
      parent /= part;
      if (fs::is_symlink(parent, error))
        refuse(name, "it is a link below another link");
    }
    const auto path = prepared(name);
    fs::remove(path, error);
    fs::create_symlink(to, path, error);
    if (error)
      throw failure(fmt::format("cannot make the link '{}': {}", path.string(), error.message()));
  }

  // A hard link names a member that came before it.
  void copy_hard_link(const std::string& name, const std::string& to) {
    if (!stays_inside(to))
      refuse(name,
             fmt::format("it is a link to '{}', which is outside of the archive", printable(to)));
    if (!is_wanted_(to))
      return;
    const auto path = prepared(name);
    std::error_code error;
    fs::copy_file(directory_ / to, path, fs::copy_options::overwrite_existing, error);
    if (error)
      throw failure(fmt::format("cannot write '{}': {}", path.string(), error.message()));
  }

  fs::path prepared(const std::string& name) {
    const auto path = directory_ / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error)
      throw failure(fmt::format("cannot make the directory '{}': {}", path.parent_path().string(),
                                error.message()));
    return path;
  }

  // No member becomes a link, so no directory on the way is one.
  void write(archive* tar, const std::string& name, bool is_executable) {
    const auto path = prepared(name);
    constexpr mode_t plain = 0644;
    constexpr mode_t executable = 0755;
    file_descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                                is_executable ? executable : plain));
    const auto fail = [&] {
      throw failure(fmt::format("cannot write '{}': {}", path.string(), std::strerror(errno)));
    };
    if (file.get() < 0)
      fail();
    for (;;) {
      const auto got = archive_read_data(tar, buffer_.data(), buffer_.size());
      if (got < 0)
        check(tar, ARCHIVE_FATAL);
      if (got == 0)
        break;
      for (std::size_t done = 0; done < static_cast<std::size_t>(got);) {
        const auto written =
            ::write(file.get(), buffer_.data() + done, static_cast<std::size_t>(got) - done);
        if (written < 0 && errno != EINTR)
          fail();
        if (written > 0)
          done += static_cast<std::size_t>(written);
      }
    }
    if (!file.close())
      fail();
  }

  bool next(archive* handle, archive_entry*& entry) {
    const int status = archive_read_next_header(handle, &entry);
    if (status == ARCHIVE_EOF)
      return false;
    check(handle, status);
    return true;
  }

  // ARCHIVE_WARN is what libarchive says of names that the locale cannot show.
  void check(archive* handle, int status) const {
    if (status >= ARCHIVE_WARN)
      return;
    const char* text = archive_error_string(handle);
    throw failure(fmt::format("'{}' is no archive that can be unpacked: {}", archive_path_.string(),
                              text == nullptr ? "it is damaged" : printable(text)),
                  "Give a tar archive, compressed or not, that is complete.");
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw failure(fmt::format("'{}': the member '{}' is refused: {}", archive_path_.string(),
                              printable(name), why),
                  "Archives of the original authors have no such members.");
  }

  const fs::path& archive_path_;
  const fs::path& directory_;
  const member_filter& is_wanted_;
  extracted what_;
  std::vector<std::pair<std::string, std::string>> links_;  // name, and where it leads
  std::vector<char> buffer_ = std::vector<char>(piece);
};

}  // namespace

std::string_view without_first_directory(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

void extract_archive(const fs::path& archive, const fs::path& directory,
                     const member_filter& is_wanted) {
  extraction(archive, directory, is_wanted, extracted::plain_files).run();
}

void extract_source_tree(const fs::path& archive, const fs::path& directory,
                         const member_filter& is_wanted) {
  extraction(archive, directory, is_wanted, extracted::source_tree).run();
}

}  // namespace ebpfkit::host
