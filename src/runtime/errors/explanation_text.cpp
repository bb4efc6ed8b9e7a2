// The text of an explanation, for people.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../system/text.hpp"
#include "explanation.hpp"
#include "register_words.hpp"
#include "rejection.hpp"
#include "verifier_log.hpp"
#include "verifier_trace.hpp"

namespace ebpfkit::detail {
namespace {

constexpr std::size_t line_width = 100;
constexpr std::size_t longest_state = 160;

// Adds words, and breaks lines before `line_width`. `column` is where the text begins.
void add_wrapped(std::string& text, std::string_view words, const std::string& margin,
                 std::size_t column) {
  while (!words.empty()) {
    const auto word = first(words, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (column + 1 + word.size() > line_width && column > margin.size()) {
      text += "\n" + margin;
      column = margin.size();
    } else if (column > margin.size()) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
}

class text_writer {
 public:
  explicit text_writer(std::string_view indentation)
      : indentation_(indentation), margin_(indentation_ + std::string(title_width, ' ')) {}

  // "title:   words", in lines of limited length.
  void add(std::string_view title, std::string_view words) {
    if (words.empty())
      return;
    begin(title);
    add_wrapped(text_, words, margin_, margin_.size());
    text_ += '\n';
  }

  // "title:   lines", with the line breaks that they have.
  void add_lines(std::string_view title, std::string_view lines) {
    if (lines.empty())
      return;
    begin(title);
    for (bool is_first = true; !lines.empty(); is_first = false) {
      const auto line = first(lines, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      if (!is_first && !line.empty())
        text_ += margin_;
      text_ += joined({line, "\n"});
    }
  }

  std::string take() {
    if (!text_.empty())
      text_.pop_back();
    return std::move(text_);
  }

 private:
  void begin(std::string_view title) {
    text_ += joined({indentation_, title, title.empty() ? "" : ":"});
    const auto used = title.size() + (title.empty() ? 0 : 1);
    text_ += std::string(used < title_width ? title_width - used : 1, ' ');
  }

  static constexpr std::size_t title_width = 16;
  std::string indentation_;
  std::string margin_;
  std::string text_;
};

std::string shown_source(const logged_source& source) {
  if (source.line == 0)
    return source.text;
  return formatted("%s (%s:%u)", source.text.c_str(), source.file.c_str(), source.line);
}

std::string shown_value(const traced_value& value, bool is_earlier) {
  std::string text = is_earlier ? "before that, " + value.name : value.name;
  if (value.state.empty() && !value.instruction.empty()) {
    text += value.name.find(' ') == std::string::npos ? " (the log does not tell its value)" : "";
  } else if (!value.state.empty()) {
    text += is_earlier ? " was " : " is ";
    text += first(value.state, longest_state);
    text += value.state.size() > longest_state ? "..." : "";
    if (const auto words = words_of_state(value.state); !words.empty())
      text += "\n  that is, " + words;
  }
  if (value.instruction.empty()) {
    // A program begins with its context in R1.
    const bool is_given = !value.state.empty() || value.name == "R1";
    return text + (is_given ? "\n  the program begins with this value"
                            : ": nothing on this path writes it");
  }
  text += "\n  from " + value.instruction;
  if (!value.source.text.empty())
    text += "\n  in   " + shown_source(value.source);
  return text;
}

}  // namespace

std::string explanation_text(const explanation& explained, std::string_view indentation,
                             std::string_view source_lines) {
  const auto& words = texts_of(explained.is);
  text_writer text(indentation);
  text.add("cause", explained.cause);
  text.add("in plain words", explained.figures);
  text.add("kind", joined({words.title, " (", words.name, ")"}));
  if (source_lines.empty())
    text.add_lines("source", shown_source(explained.source));
  else
    text.add_lines("source", source_lines);
  text.add_lines("instruction", explained.instruction);
  std::string values;
  for (const auto& value : explained.values) {
    const bool is_earlier =
        std::any_of(explained.values.begin(), explained.values.end(), [&](const auto& other) {
          return other.name == value.name && other.path_position > value.path_position;
        });
    values += shown_value(value, is_earlier) + "\n";
  }
  text.add_lines("latest values", values);
  if (!explained.hint_is_remedy)
    text.add("in this case", explained.hint);
  text.add("what it means", words.meaning);
  text.add("how to mend it", explained.hint_is_remedy ? explained.hint : words.remedy);
  for (const auto& section : explained.report)
    text.add_lines(section.title == "Verification failed" ? "the kernel says" : section.title,
                   section.text);
  if (*explained.printed_by)
    text.add("printed by", explained.printed_by);
  return text.take();
}

}  // namespace ebpfkit::detail
