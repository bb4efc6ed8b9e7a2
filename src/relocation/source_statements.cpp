#include "relocation/source_statements.hpp"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <system_error>
#include <utility>

#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_source = std::uintmax_t{16} << 20;
constexpr int most_directories_above = 8;
constexpr std::size_t most_lines = 16;

bool is_source(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) <= largest_source;
}

// Returns the file, or an empty path.
fs::path find_source_file(const fs::path& name, const std::vector<fs::path>& directories) {
  if (name.is_absolute())
    return is_source(name) ? name : fs::path();
  for (auto directory : directories) {
    for (int above = 0; above < most_directories_above && !directory.empty(); ++above) {
      if (is_source(directory / name))
        return directory / name;
      if (directory == directory.parent_path())
        break;
      directory = directory.parent_path();
    }
  }
  return {};
}

// Reads the lines of a statement, one after the other.
class statement_reader {
 public:
  // Returns whether the statement goes on in the next line.
  bool continues_behind(std::string_view line) {
    char last = 0;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quote != 0) {
        if (c == '\\')
          ++i;
        else if (c == quote)
          quote = 0;
        last = c;
        continue;
      }
      if (c == '/' && line.substr(i, 2) == "//")
        break;
      if (c == '"' || c == '\'')
        quote = c;
      depth_ += c == '(' ? 1 : 0;
      depth_ -= c == ')' ? 1 : 0;
      if (c != ' ' && c != '\t')
        last = c;
    }
    return depth_ > 0 ||
           (depth_ == 0 && std::string_view("=+-*/&|<>?,").find(last) != std::string_view::npos &&
            last != 0);
  }

 private:
  int depth_ = 0;  // of parentheses
};

}  // namespace

std::vector<std::string> read_source_lines(const fs::path& name,
                                           const std::vector<fs::path>& directories) {
  std::vector<std::string> lines;
  const auto path = find_source_file(name, directories);
  if (path.empty())
    return lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    lines.push_back(std::move(line));
  return lines;
}

std::vector<fs::path> source_directories_of(const fs::path& object) {
  std::error_code error;
  std::vector<fs::path> directories{fs::current_path(error)};
  directories.push_back(fs::absolute(object, error).parent_path());
  return directories;
}

std::string source_statements::statement(std::string_view file, std::uint32_t line,
                                         std::string_view text) {
  text = without_outer_blanks(text);
  std::string whole(text);
  statement_reader reader;
  if (line == 0 || !reader.continues_behind(text))
    return whole;
  const auto [entry, is_new] = files_.try_emplace(std::string(file));
  if (is_new)
    entry->second = read_source_lines(file, directories_);
  const auto& lines = entry->second;
  if (line > lines.size() || without_outer_blanks(lines[line - 1]) != text)
    return whole;
  for (std::size_t next = line; next < lines.size() && next < line + most_lines; ++next) {
    const auto added = without_outer_blanks(lines[next]);
    whole += ' ';
    whole += added;
    if (!reader.continues_behind(added))
      break;
  }
  return whole;
}

}  // namespace ebpfkit::host
