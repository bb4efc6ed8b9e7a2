#include "btf/type_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "btf/btf_blob.hpp"
#include "btf/type_graph_validator.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

btf_parts checked_parts(std::span<const std::uint8_t> bytes) {
  std::string problem;
  const auto parts = btf_blob_parts(bytes, &problem);
  if (!parts)
    throw failure(problem);
  return *parts;
}

}  // namespace

std::string_view kind_name(type_kind kind) {
  static constexpr std::array<std::string_view, 20> names = {
      "void",     "int",     "pointer",  "array",           "struct",   "union",    "enum",
      "forward",  "typedef", "volatile", "const",           "restrict", "function", "prototype",
      "variable", "section", "float",    "declaration tag", "type tag", "enum"};
  return names[static_cast<std::size_t>(kind)];
}

type_graph::type_graph(std::span<const std::uint8_t> bytes, std::shared_ptr<const type_graph> base)
    : type_graph(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), std::move(base)) {}

type_graph::type_graph(std::vector<std::uint8_t>&& bytes, std::shared_ptr<const type_graph> base,
                       type_checks when)
    : type_graph(std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes)),
                 std::move(base), when) {}

type_graph::type_graph(const std::shared_ptr<const std::vector<std::uint8_t>>& bytes,
                       std::shared_ptr<const type_graph> base, type_checks when)
    : type_graph(*bytes, bytes, std::move(base), when) {}

type_graph::type_graph(std::span<const std::uint8_t> bytes, std::shared_ptr<const void> owner,
                       std::shared_ptr<const type_graph> base, type_checks when)
    : base_(std::move(base)),
      byte_order_(checked_parts(bytes).order),
      owner_(std::move(owner)),
      bytes_(bytes) {
  open_sections();
  if (base_) {
    base_->check_all();
    if (base_->byte_order_ != byte_order_)
      throw failure("its byte order differs from that of its base BTF");
    first_own_ = base_->type_count();
    first_own_text_ = base_->first_own_text_ + static_cast<std::uint32_t>(base_->text_.size());
    pointer_size_ = base_->pointer_size_;
    pointer_size_type_ = base_->pointer_size_type_;
  } else if (text_.empty() || text_.front() != '\0') {
    throw failure("the BTF is split BTF without its base: its first string is not empty",
                  "BTF of a kernel module continues the BTF of its kernel: name that BTF too.");
  }
  if (!text_.empty() && text_.back() != '\0')
    throw failure("the BTF string section does not end with a NUL byte");
  if (std::uint64_t{first_own_text_} + text_.size() > std::numeric_limits<std::uint32_t>::max())
    throw failure("the BTF string section is too large");

  auto checks = std::make_unique<type_graph_validator>(*this, when != type_checks::at_once);
  // Check split BTF at once: it is small, and the BTF that it continues was checked as a whole.
  if (when != type_checks::on_use || base_) {
    checks->run();
  } else {
    checks->run_on_use();
    pending_checks_ = std::move(checks);
  }
}

type_graph::~type_graph() = default;

bool type_graph::has_c_names(type_id type) const {
  if (type < first_own_)
    return !base_ || base_->has_c_names(type);
  return shows_other_names_.empty() || !shows_other_names_[std::size_t{type - first_own_} * 2];
}

void type_graph::check_now(type_id type) const {
  try {
    if (pending_checks_)
      pending_checks_->check(type);
    else if (!has_c_names(type))
      fail_names(*this, type);
  } catch (const failure& error) {
    throw unsound_btf(error.what(), error.remedy());
  }
}

void type_graph::check_all_now() const {
  try {
    pending_checks_->run();
  } catch (const failure& error) {
    throw unsound_btf(error.what(), error.remedy());
  }
  pending_checks_.reset();
}

// Finds the two sections in `bytes_`. Copies the words when they have the other byte order or are
// not aligned.
void type_graph::open_sections() {
  const auto parts = checked_parts(bytes_);
  text_ = {reinterpret_cast<const char*>(parts.text.data()), parts.text.size()};

  const auto types = parts.types;
  const auto* first = types.data();
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(first) % alignof(std::uint32_t) == 0;
  if (byte_order_ == std::endian::native && is_aligned) {
    words_ = {reinterpret_cast<const std::uint32_t*>(first), types.size() / 4};
    return;
  }
  host_words_.resize(types.size() / 4);
  for (std::size_t i = 0; i < host_words_.size(); ++i)
    host_words_[i] = load_btf_word(types, i * 4, byte_order_);
  words_ = host_words_;
}

std::string type_graph::describe(type_id type) const {
  const auto kind_text = kind_name(kind(type));
  if (type == 0)
    return std::string(kind_text);
  if (name(type).empty())
    return fmt::format("anonymous {} [{}]", kind_text, type);
  // The text of a tag may have any characters.
  return fmt::format("{} {}", kind_text, printable(name(type)));
}

integer_encoding type_graph::integer(type_id type) const {
  const auto word = items(type)[0];
  const auto flags = word >> 24;
  return {(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, word >> 16 & 0xff, word & 0xff};
}

enumerator type_graph::enumerator_at(type_id enumeration, std::uint32_t index) const {
  if (kind(enumeration) == type_kind::enumeration64) {
    const auto* words = items(enumeration) + std::size_t{index} * 3;
    return {text(words[0]), std::uint64_t{words[2]} << 32 | words[1]};
  }
  const auto* words = items(enumeration) + std::size_t{index} * 2;
  if (!kind_flag(enumeration))
    return {text(words[0]), words[1]};
  const auto value = static_cast<std::int32_t>(words[1]);
  return {text(words[0]), static_cast<std::uint64_t>(std::int64_t{value})};
}

section_entry type_graph::section_entry_at(type_id section, std::uint32_t index) const {
  const auto* words = items(section) + std::size_t{index} * 3;
  return {words[0], words[1], words[2]};
}

bool type_graph::is_signed_enumeration(type_id type) const {
  return kind_flag(type);
}

bool type_graph::is_forward_union(type_id type) const {
  return kind_flag(type);
}

symbol_linkage type_graph::linkage(type_id type) const {
  return static_cast<symbol_linkage>(kind(type) == type_kind::function ? item_count(type)
                                                                       : items(type)[0]);
}

std::int32_t type_graph::tagged_component(type_id tag) const {
  return static_cast<std::int32_t>(items(tag)[0]);
}

bool type_graph::is_attribute_tag(type_id tag) const {
  return kind_flag(tag);
}

type_id type_graph::skip_qualifiers(type_id type) const {
  while (is_qualifier(type))
    type = target(type);
  return type;
}

std::uint64_t type_graph::size_of(type_id type) const {
  std::uint64_t count = 1;
  for (;;) {
    type = skip_wrappers(type);
    if (kind(type) != type_kind::array)
      break;
    const auto shape = array(type);
    if (shape.count == 0)
      return 0;
    if (count > std::numeric_limits<std::uint64_t>::max() / shape.count)
      return std::numeric_limits<std::uint64_t>::max();
    count *= shape.count;
    type = shape.element;
  }

  std::uint64_t size = 0;
  switch (kind(type)) {
    case type_kind::pointer:
      size = pointer_size_;
      break;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      // clang gives size 0 to an enum that is only declared. C would make it an int.
      size = header(type)[2] != 0 ? header(type)[2] : 4;
      break;
    case type_kind::integer:
    case type_kind::floating_point:
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::data_section:
      size = header(type)[2];
      break;
    default:
      return 0;
  }
  return count > std::numeric_limits<std::uint64_t>::max() / std::max<std::uint64_t>(size, 1)
             ? std::numeric_limits<std::uint64_t>::max()
             : count * size;
}

std::uint32_t type_graph::alignment_of(type_id type) const {
  type = skip_wrappers(type);
  while (kind(type) == type_kind::array)
    type = skip_wrappers(array(type).element);
  switch (kind(type)) {
    case type_kind::pointer:
      return pointer_size_;
    case type_kind::integer:
    case type_kind::floating_point:
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return std::min(pointer_size_, static_cast<std::uint32_t>(size_of(type)));
    case type_kind::structure:
    case type_kind::union_type:
      return record_alignment(type);
    default:
      return 1;
  }
}

// BTF does not store alignment. Like btf__align_of of libbpf, takes a record as packed when its
// members or its size do not fit their natural alignment.
std::uint32_t type_graph::record_alignment(type_id type) const {
  std::uint32_t alignment = 1;
  for (const auto& field : members(type)) {
    const auto natural = alignment_of(field.type);
    if (field.bitfield_size == 0 && field.bit_offset % (8 * natural) != 0)
      return 1;
    alignment = std::max(alignment, natural);
  }
  return size_of(type) % alignment == 0 ? alignment : 1;
}

std::uint32_t type_graph::expansion(type_id type) const {
  return type >= first_own_ ? expansions_[std::size_t{type - first_own_} * 2]
                            : base_->expansion(type);
}

// Returns the index of the names of own types, or of everything own that is not a type.
const text_index& type_graph::own_names(bool of_types) const {
  auto& lazy = of_types ? type_names_ : symbol_names_;
  std::call_once(lazy.once, [&] {
    for (type_id type = first_own_; type < type_count(); ++type) {
      if (is_type(kind(type)) == of_types && header(type)[0] != 0)
        lazy.index.add(bounded_btf_name(name_data(type)), type);
    }
    lazy.index.finish();
  });
  return lazy.index;
}

const text_index& type_graph::own_constants() const {
  std::call_once(constants_.once, [&] {
    for (type_id type = first_own_; type < type_count(); ++type) {
      if (!is_enumeration(type))
        continue;
      for (std::uint32_t index = 0; index < item_count(type); ++index)
        constants_.index.add(
            bounded_btf_name(enumerator_name_data(type, index), longest_btf_identifier), type);
    }
    constants_.index.finish();
  });
  return constants_.index;
}

std::vector<type_id> type_graph::find(std::string_view name) const {
  std::vector<type_id> found;
  if (base_)
    found = base_->find(name);
  const auto base_count = static_cast<std::ptrdiff_t>(found.size());
  own_names(true).find(name, found);
  const auto type_end = static_cast<std::ptrdiff_t>(found.size());
  own_names(false).find(name, found);
  std::inplace_merge(found.begin() + base_count, found.begin() + type_end, found.end());
  return found;
}

std::optional<type_id> type_graph::find(std::string_view name, type_kind kind) const {
  if (base_) {
    if (const auto found = base_->find(name, kind))
      return found;
  }
  std::vector<type_id> found;
  own_names(is_type(kind)).find(name, found);
  for (const auto type : found) {
    if (this->kind(type) == kind)
      return type;
  }
  return std::nullopt;
}

std::vector<type_id> type_graph::find_types(std::string_view name) const {
  std::vector<type_id> found;
  if (base_)
    found = base_->find_types(name);
  own_names(true).find(name, found);
  return found;
}

std::vector<type_id> type_graph::find_enumerations_with(std::string_view constant) const {
  std::vector<type_id> found;
  if (base_)
    found = base_->find_enumerations_with(constant);
  own_constants().find(constant, found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace ebpfkit::host
