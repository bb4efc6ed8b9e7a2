#include "tool/json_text.hpp"

#include <cstdio>
#include <string>

#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

void json_text::open(char begin, char end) {
  begin_item();
  text_ += begin;
  open_.push_back({end});
}

void json_text::open_document(std::string_view command) {
  open_object();
  const auto document = json_document(command);
  for (const auto& [member, content] : document.items()) {
    name(member);
    value(content);
  }
}

void json_text::close() {
  const auto closed = open_.back();
  open_.pop_back();
  if (!closed.is_empty)
    text_.append(1, '\n').append(open_.size() * indentation, ' ');
  text_ += closed.end;
}

void json_text::name(std::string_view name) {
  begin_item();
  text_ += nlohmann::json(name).dump() + ": ";
  has_name_ = true;
}

void json_text::print() const {
  write_to_terminal(stdout, text_);
  write_to_terminal(stdout, "\n");
}

// Begins a line, unless the item follows its name or is the whole text.
void json_text::begin_item() {
  if (has_name_ || open_.empty()) {
    has_name_ = false;
    return;
  }
  if (!open_.back().is_empty)
    text_ += ',';
  open_.back().is_empty = false;
  text_.append(1, '\n').append(open_.size() * indentation, ' ');
}

void json_text::write(std::string_view lines) {
  begin_item();
  for (const char c : lines) {
    text_ += c;
    if (c == '\n')
      text_.append(open_.size() * indentation, ' ');
  }
}

}  // namespace ebpfkit::host::tool
