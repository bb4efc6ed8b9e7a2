#include "machine/test_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

namespace ebpfkit::host {

namespace {

constexpr std::size_t most_output = 20000;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

bool contains_word(std::string_view text, std::string_view word) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find(word) != std::string::npos;
}

// "ok 3 - name # SKIP why" or "not ok 3 name". KTAP indents the results of subtests.
bool read_tap(std::string_view line, subtest& found) {
  line = trimmed(line);
  found.outcome = subtest_outcome::passed;
  if (line.starts_with("not ok ")) {
    found.outcome = subtest_outcome::failed;
    line.remove_prefix(std::string_view("not ").size());
  }
  if (!line.starts_with("ok "))
    return false;
  line.remove_prefix(std::string_view("ok ").size());
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  if (digits == 0)
    return false;
  auto name = trimmed(line.substr(digits));
  if (name.starts_with("- "))
    name = trimmed(name.substr(2));
  if (const auto comment = name.find(" # "); comment != std::string_view::npos) {
    const auto directive = name.substr(comment);
    // A test that is known to fail (TODO) is no failure.
    if (contains_word(directive, "# skip") || contains_word(directive, "# todo"))
      found.outcome = subtest_outcome::skipped;
    name = trimmed(name.substr(0, comment));
  }
  found.name = name.empty() ? fmt::format("{}", line.substr(0, digits)) : std::string(name);
  return true;
}

// "[       OK ] Suite.Name (3 ms)"; the summary at the end has no time behind the name.
bool read_googletest(std::string_view line, subtest& found) {
  const struct {
    std::string_view mark;
    subtest_outcome outcome;
  } marks[] = {{"[       OK ] ", subtest_outcome::passed},
               {"[  FAILED  ] ", subtest_outcome::failed},
               {"[  SKIPPED ] ", subtest_outcome::skipped}};
  for (const auto& [mark, outcome] : marks) {
    if (!line.starts_with(mark) || !line.ends_with(" ms)"))
      continue;
    const auto name = line.substr(mark.size(), line.rfind(" (") - mark.size());
    found.name = name.substr(0, name.find(','));
    found.outcome = outcome;
    return true;
  }
  return false;
}

// Characters that XML 1.0 does not have are left out.
std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '"')
      result += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x80)
      result += '?';
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
      result += c;
  }
  return result;
}

}  // namespace

std::vector<subtest> read_subtests(std::string_view output) {
  std::vector<subtest> tests;
  std::string before;
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size());
    auto line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    subtest found;
    if (read_googletest(line, found) || read_tap(line, found)) {
      if (found.outcome == subtest_outcome::failed)
        found.output =
            before.size() > most_output ? before.substr(before.size() - most_output) : before;
      tests.push_back(std::move(found));
      before.clear();
    } else {
      before += line;
      before += '\n';
    }
  }
  return tests;
}

std::string junit_text(const std::string& suite, const std::vector<subtest>& tests,
                       const std::string& failure_text) {
  auto shown = tests;
  const auto failures = std::ranges::count(shown, subtest_outcome::failed, &subtest::outcome);
  if (shown.empty() || (!failure_text.empty() && failures == 0))
    shown.push_back({suite,
                     failure_text.empty() ? subtest_outcome::passed : subtest_outcome::failed,
                     failure_text});
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
      xml_escaped(suite), shown.size(),
      std::ranges::count(shown, subtest_outcome::failed, &subtest::outcome),
      std::ranges::count(shown, subtest_outcome::skipped, &subtest::outcome));
  for (const auto& test : shown) {
    text += fmt::format("  <testcase classname=\"{}\" name=\"{}\"", xml_escaped(suite),
                        xml_escaped(test.name));
    if (test.outcome == subtest_outcome::failed)
      text += fmt::format("><failure>{}</failure></testcase>\n", xml_escaped(test.output));
    else
      text += test.outcome == subtest_outcome::skipped ? "><skipped/></testcase>\n" : "/>\n";
  }
  return text + "</testsuite>\n";
}

}  // namespace ebpfkit::host
