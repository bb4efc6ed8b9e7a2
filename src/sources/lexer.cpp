#include "sources/lexer.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/tokens.hpp"

namespace ebpfkit::host {
namespace {

bool has_trigraphs(std::string_view text) {
  return text.find("?\?=") != std::string_view::npos || text.find("?\?/") != std::string_view::npos;
}

bool begins_raw_literal(std::string_view word) {
  return word == "R" || word == "LR" || word == "uR" || word == "UR" || word == "u8R";
}

include take_include(source_tokens& tokens, std::string_view directive) {
  const auto name = tokens.take_header_name();
  if (name.empty())
    return {};
  return {std::string(name.substr(1, name.size() - 2)), name.front() == '"',
          directive == "include_next"};
}

// Finds source_text::defined_tags in a stream of tokens.
class tag_finder {
 public:
  void add_directive(std::string_view name) {
    if (name == "if" || name == "ifdef" || name == "ifndef") {
      if (!has_tokens_ && name == "ifndef")
        in_guard_ = true;
      ++conditions_;
    } else if (name == "endif") {
      --conditions_;
      if (conditions_ == 0)
        is_guard_closed_ = in_guard_;
    } else if (name.starts_with("el") && conditions_ == 1) {
      guarded_.clear();
      in_guard_ = false;
    }
    add_any_token();
  }

  void add(const source_token& token) {
    add_any_token();
    if (token.kind == token_kind::word) {
      add_word(token.text);
      return;
    }
    if (token.text == ";" && parentheses_ == 0 && braces_ == 0)
      add_type_definition();
    if (token.text == "(") {
      // Attributes stand between the keyword and the name. Other parentheses belong to functions.
      if (parentheses_ == 0 && word_ != attribute)
        keyword_ = {};
      ++parentheses_;
    } else if (token.text == ")") {
      --parentheses_;
    } else {
      // A record inside of a record has the same scope. Inside of a function it has not.
      if (token.text == "{" && braces_ == record_braces_ && parentheses_ == 0) {
        add_definition();
        record_braces_ += keyword_.empty() || keyword_ == "enum" ? 0 : 1;
      }
      braces_ += token.text == "{" ? 1 : token.text == "}" ? -1 : 0;
      record_braces_ = std::min(record_braces_, braces_);
      if (parentheses_ == 0)
        keyword_ = word_ = {};
    }
    // Several branches of a condition have braces: what follows may be in a function.
    is_unbalanced_ = is_unbalanced_ || braces_ < 0 || parentheses_ < 0;
  }

  std::vector<std::string> take() {
    std::ranges::move(guarded_, std::back_inserter(found_));
    return std::move(found_);
  }

 private:
  static constexpr std::string_view attribute = "__attribute__";

  void add_word(std::string_view word) {
    if (parentheses_ != 0)
      return;
    if (braces_ == 0) {
      is_type_definition_ = is_type_definition_ || word == "typedef";
      if (word != attribute)
        last_word_ = word;
    }
    const bool is_keyword = word == "struct" || word == "union" || word == "enum";
    if (is_keyword)
      keyword_ = word;
    word_ = is_keyword ? std::string_view() : word;
  }

  void add_any_token() {
    // Something stands behind the condition that the text begins with: it is no include guard.
    if (is_guard_closed_) {
      if (has_tokens_behind_)
        guarded_.clear();
      has_tokens_behind_ = true;
    }
    has_tokens_ = true;
  }

  void add_definition() {
    if (is_unbalanced_ || keyword_.empty() || word_.empty() || word_ == attribute)
      return;
    add_found(std::string(keyword_) + " " + std::string(word_));
  }

  // typedef struct { ... } name;
  void add_type_definition() {
    if (is_type_definition_ && !is_unbalanced_ && !last_word_.empty())
      add_found("typedef " + std::string(last_word_));
    is_type_definition_ = false;
    last_word_ = {};
  }

  void add_found(std::string definition) {
    if (conditions_ == 0)
      found_.push_back(std::move(definition));
    else if (conditions_ == 1 && in_guard_ && !is_guard_closed_)
      guarded_.push_back(std::move(definition));
  }

  std::vector<std::string> found_;
  std::vector<std::string> guarded_;  // within the condition that the text begins with
  std::string_view keyword_;
  std::string_view word_;
  std::string_view last_word_;  // outside of braces and parentheses
  bool is_type_definition_ = false;
  int conditions_ = 0;
  int braces_ = 0;
  int record_braces_ = 0;  // how many of the outermost ones belong to records
  int parentheses_ = 0;
  bool has_tokens_ = false;
  bool in_guard_ = false;
  bool is_guard_closed_ = false;
  bool has_tokens_behind_ = false;
  bool is_unbalanced_ = false;
};

// Finds source_text::declared_names in a stream of tokens.
class declaration_finder {
 public:
  void add_of_directive(const source_token& token) {
    if (token.begins_line)
      directive_has_extern_ = false;
    if (directive_has_extern_ && token.kind == token_kind::word)
      found_.push_back(token.text);
    directive_has_extern_ = directive_has_extern_ || token.text == "extern";
  }

  void add(const source_token& token) {
    const bool ends_argument = token.text == "," || token.text == ")" || token.text == "(";
    if (is_argument_ && ends_argument)
      found_.push_back(word_);
    if (token.kind == token_kind::word) {
      // Braces need not match where several branches of a condition have them. A word before the
      // name tells a declaration from a call then.
      const bool is_typed = !word_.empty() && word_ != "return" && word_ != "else" && word_ != "do";
      // Parentheses need not match either, and no declaration begins inside of them.
      if (token.text == "extern")
        parentheses_ = 0;
      if (parentheses_ == 0 && (braces_ == 0 || is_extern_ || is_typed))
        found_.push_back(token.text);
      is_extern_ = is_extern_ || token.text == "extern";
      is_argument_ = begins_argument_ && (braces_ == 0 || is_extern_);
      word_ = token.text;
    } else {
      is_argument_ = false;
      word_ = {};
      parentheses_ += token.text == "(" ? 1 : token.text == ")" ? -1 : 0;
      braces_ += token.text == "{" ? 1 : token.text == "}" ? -1 : 0;
      if (token.text == ";" || token.text == "{")
        is_extern_ = false;
    }
    begins_argument_ = parentheses_ > 0 && (token.text == "," || token.text == "(");
  }

  std::vector<std::string_view> take() { return std::move(found_); }

 private:
  std::vector<std::string_view> found_;
  std::string_view word_;         // the token before, if it is a word
  bool begins_argument_ = false;  // the token before is "(" or ","
  bool is_argument_ = false;      // word_ begins an argument of a macro
  bool is_extern_ = false;
  bool directive_has_extern_ = false;
  int braces_ = 0;
  int parentheses_ = 0;
};

// Finds source_text::own_names and checked_names in a stream of tokens.
class own_name_finder {
 public:
  // The word behind the hash.
  void add_directive(std::string_view name) {
    directive_ = name;
    in_parameters_ = false;
  }

  void add_of_directive(const source_token& token) {
    // The parenthesis of a macro's parameters stands at once behind its name.
    const bool is_adjacent = macro_.data() + macro_.size() == token.text.data();
    in_parameters_ = (in_parameters_ || (token.text == "(" && is_adjacent)) && token.text != ")";
    macro_ = {};
    if (token.kind != token_kind::word)
      return;
    if (in_parameters_) {
      found_.push_back(token.text);
    } else if (directive_ == "define") {
      found_.push_back(token.text);
      macro_ = token.text;
      directive_ = {};
    } else if (directive_.starts_with("if") || directive_.starts_with("elif")) {
      checked_.push_back(token.text);
    }
  }

  void add(const source_token& token) {
    if (token.kind == token_kind::word)
      add_word(token.text);
    else
      add_other(token.text);
    before_ = token.text;
  }

  std::vector<std::string_view> take_own() { return std::move(found_); }
  std::vector<std::string_view> take_checked() { return std::move(checked_); }

 private:
  static bool can_be_type(std::string_view word) {
    static constexpr std::array<std::string_view, 8> operators = {
        "return", "case", "else", "do", "goto", "sizeof", "typeof", "__typeof__"};
    return !word.empty() && std::ranges::find(operators, word) == operators.end();
  }

  bool is_enumerator() const {
    return !enumerations_.empty() && enumerations_.back() && nesting_ == 0 &&
           (before_ == "{" || before_ == ",");
  }

  // Behind a comma or a star of `int a = 1, *b`.
  bool is_next_declarator() const {
    return in_declaration_ && !in_initialiser_ && nesting_ == 0 &&
           (before_ == "," || before_ == "*");
  }

  void add_word(std::string_view word) {
    const bool is_declared = can_be_type(word_);
    begins_statement_ =
        before_.empty() || before_ == ";" || before_ == "{" || before_ == "}" || before_ == ":";
    if (is_enumerator() || is_declared || is_next_declarator() || before_ == "}" ||
        (before_ == "*" && is_pointer_))
      found_.push_back(word);
    in_declaration_ = in_declaration_ || (is_declared && nesting_ == 0);
    is_enumeration_ = is_enumeration_ || word == "enum";
    words_ = can_be_type(word) ? words_ + 1 : 0;
    word_ = word;
  }

  void add_other(std::string_view text) {
    // `name:` at the beginning of a statement
    if (text == ":" && begins_statement_ && words_ == 1)
      found_.push_back(word_);
    // `int *a` begins a statement, and no product does. Elsewhere a type may be one word like a
    // factor.
    is_pointer_ = text == "*" && (before_ == "(" || before_ == "}" || words_ > 1 ||
                                  (words_ == 1 && begins_statement_));
    words_ = 0;
    if (text == "(" || text == "[") {
      // Attributes may stand between `enum` and the brace.
      is_enumeration_ = is_enumeration_ && (word_ == "__attribute__" || nesting_ != 0);
      ++nesting_;
    } else if (text == ")" || text == "]") {
      nesting_ = std::max(nesting_ - 1, 0);
    } else if (text == "{" || text == "}" || text == ";") {
      if (text == "{")
        enumerations_.push_back(is_enumeration_);
      else if (text == "}" && !enumerations_.empty())
        enumerations_.pop_back();
      nesting_ = 0;
      is_enumeration_ = in_declaration_ = in_initialiser_ = false;
    } else if (nesting_ == 0) {
      if (text != ":")
        is_enumeration_ = false;
      if (text == "=" || text == ",")
        in_initialiser_ = text == "=";
    }
    word_ = {};
  }

  std::vector<std::string_view> found_;
  std::vector<std::string_view> checked_;
  std::string_view directive_;
  std::string_view macro_;          // the token before, if it is the name of a new macro
  bool in_parameters_ = false;      // of a new macro
  std::string_view before_;         // the token before
  std::string_view word_;           // the same, if it is a word
  std::vector<bool> enumerations_;  // for each open brace: whether it has enumerators
  int nesting_ = 0;                 // in parentheses and brackets, within the innermost braces
  int words_ = 0;                   // that stand together up to here, and can belong to a type
  bool is_pointer_ = false;         // the token before is a star, and no product's
  bool begins_statement_ = false;   // word_ begins one
  bool is_enumeration_ = false;     // `enum`, and the brace is yet to come
  bool in_declaration_ = false;     // `int name`, and the semicolon is yet to come
  bool in_initialiser_ = false;
};

source_text read_tokens(std::string_view text) {
  source_text found;
  source_tokens tokens(text);
  bool is_directive = false;
  bool in_directive = false;
  source_token before;
  tag_finder tags;
  declaration_finder declarations;
  own_name_finder own_names;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    const bool names_directive = is_directive && !token.begins_line;
    is_directive = token.kind == token_kind::hash && token.begins_line;
    if (token.begins_line)
      in_directive = is_directive;
    if (names_directive) {
      tags.add_directive(token.text);
      own_names.add_directive(token.text);
    } else if (!in_directive) {
      tags.add(token);
      declarations.add(token);
      own_names.add(token);
    } else {
      declarations.add_of_directive(token);
      own_names.add_of_directive(token);
    }
    if (token.kind == token_kind::paste) {
      found.pastes = true;
    } else if (token.kind == token_kind::hash && !token.begins_line) {
      found.stringizes = true;
    } else if (token.kind == token_kind::literal) {
      const bool is_adjacent = before.text.data() + before.text.size() == token.text.data();
      if (token.text.front() == '"' && before.kind == token_kind::word && is_adjacent &&
          begins_raw_literal(before.text))
        found.pastes = true;
    } else if (token.kind == token_kind::word) {
      if (!names_directive)
        found.words.push_back(token.text);
      else if (token.text == "include" || token.text == "include_next" || token.text == "import")
        found.includes.push_back(take_include(tokens, token.text));
    }
    before = token;
  }
  found.defined_tags = tags.take();
  found.declared_names = declarations.take();
  found.own_names = own_names.take_own();
  found.checked_names = own_names.take_checked();
  return found;
}

}  // namespace

source_text read_source(std::string_view text) {
  auto joined = std::make_shared<const std::string>(join_lines(text));
  auto found = read_tokens(joined->empty() ? text : *joined);
  found.pastes = found.pastes || has_trigraphs(text);
  found.joined = std::move(joined);
  return found;
}

}  // namespace ebpfkit::host
