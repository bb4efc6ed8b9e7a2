#include "section_names.hpp"

#include <algorithm>
#include <cstddef>

#include "edit_distance.hpp"
#include "text.hpp"

namespace ebpfkit::detail {
namespace {

constexpr std::size_t most_changed_letters = 2;

std::string_view behind(std::string_view text, std::size_t begin) {
  text.remove_prefix(std::min(begin, text.size()));
  return text;
}

// The beginning of `section` with as many slashes as `name` has.
std::string_view head_like(std::string_view section, std::string_view name) {
  auto slashes = std::count(name.begin(), name.end(), '/');
  std::size_t end = 0;
  for (; end < section.size(); ++end) {
    if (section[end] == '/' && slashes-- == 0)
      break;
  }
  return first(section, end);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower;
}

}  // namespace

std::string better_section(std::string_view section, std::string_view known) {
  const auto lower = lower_case(section);
  auto fewest_changes = most_changed_letters + 1;
  std::string nearest;
  std::string_view longest_beginning;
  std::string from_beginning;
  while (!known.empty()) {
    auto name = first(known, known.find_first_of(" \n"));
    known = behind(known, name.size() + 1);
    const bool takes_more = !name.empty() && name.back() == '+';
    if (takes_more)
      name.remove_suffix(1);
    if (name.empty())
      continue;
    const bool begins = first(section, name.size()) == name;
    if (begins && (section.size() == name.size() || (takes_more && section[name.size()] == '/')))
      return {};
    const auto head = head_like(lower, name);
    const auto changes = edit_distance(head, name, most_changed_letters);
    if (changes < fewest_changes && changes < name.size()) {
      fewest_changes = changes;
      nearest = name;
      if (takes_more)
        nearest += behind(section, head.size());
    }
    if (begins && name.size() > longest_beginning.size()) {
      longest_beginning = name;
      from_beginning = name;
      // Older versions of libbpf took kprobe_<function>.
      const auto function = behind(section, section.find_first_not_of('_', name.size()));
      if (takes_more && !function.empty())
        from_beginning += joined({"/", function});
    }
  }
  return nearest.empty() ? from_beginning : nearest;
}

}  // namespace ebpfkit::detail
