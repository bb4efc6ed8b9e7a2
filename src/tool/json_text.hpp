// Builds a long JSON text piece by piece.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host::tool {

// The text is what nlohmann's dump(2) would make of the whole, in ASCII. A list of many objects
// takes several times as much memory as its text, so such a list is never there as a whole.
// Replaces bytes that are not UTF-8: file names and source lines may have some.
//
// The caller opens and closes objects and lists in turn, beginning with one object, and writes the
// members of an object in the order that they should have.
class json_text {
 public:
  void open_object() { open('{', '}'); }
  void open_list() { open('[', ']'); }
  // Opens the object that is the whole document of a subcommand, see json_document().
  void open_document(std::string_view command);
  void close();

  // Writes the name of a member of the open object. A value, an object or a list follows.
  void name(std::string_view name);

  // Writes a value: of a member, or of the open list.
  template <class Json>
  void value(const Json& json) {
    write(json.dump(indentation, ' ', true, Json::error_handler_t::replace));
  }

  // Prints the text and a line break to standard output.
  void print() const;

 private:
  static constexpr int indentation = 2;

  struct level {
    char end;
    bool is_empty = true;
  };

  void open(char begin, char end);
  void begin_item();
  void write(std::string_view lines);

  std::string text_;
  std::vector<level> open_;
  bool has_name_ = false;
};

}  // namespace ebpfkit::host::tool
