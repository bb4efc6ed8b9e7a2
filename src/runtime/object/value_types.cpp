#include "value_types.hpp"

#include <bpf/btf.h>
#include <string.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

// BTF comes from files of strangers, too. Deeper types are taken for different, and so are types
// with more members, which structs without a size can have.
constexpr int deepest = 32;
constexpr int most_steps = 1 << 20;

// The type without typedefs and qualifiers; null when there is none.
const btf_type* plain(const value_type& type, value_type& resolved) {
  const int id = btf__resolve_type(type.types, type.id);
  resolved = {type.types, id < 0 ? 0U : static_cast<std::uint32_t>(id)};
  return id < 0 ? nullptr : btf__type_by_id(type.types, resolved.id);
}

// The size in bytes; 0 when it is unknown.
std::size_t size_of(const value_type& type) {
  const auto size = btf__resolve_size(type.types, type.id);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

const char* name_in(const value_type& type, std::uint32_t offset) {
  const char* name = btf__name_by_offset(type.types, offset);
  return name ? name : "";
}

std::string text_of(const value_type& type, int depth = 0) {
  value_type resolved;
  const auto* described = plain(type, resolved);
  if (!described || depth > deepest)
    return "an unknown type";
  if (btf_is_array(described)) {
    const auto* array = btf_array(described);
    return text_of({type.types, array->type}, depth + 1) + formatted("[%u]", array->nelems);
  }
  if (btf_is_ptr(described))
    return "a pointer";
  const char* name = name_in(type, described->name_off);
  return *name != '\0' ? formatted("'%s'", name)
                       : formatted("an unnamed type of %zu bytes", size_of(type));
}

bool is_record(const btf_type* type) {
  return btf_is_struct(type) || btf_is_union(type);
}

std::string joined_path(const std::string& at, const char* name) {
  return at.empty() ? std::string(name) : at + "." + name;
}

class comparison {
 public:
  explicit comparison(const char* what) : what_(what) {}

  std::string compare(const value_type& pinned, const value_type& declared, const std::string& at,
                      int depth) {
    value_type first;
    value_type second;
    const auto* a = plain(pinned, first);
    const auto* b = plain(declared, second);
    if (!a || !b || depth > deepest || ++steps_ > most_steps || btf_kind(a) != btf_kind(b))
      return differ(pinned, declared, at);
    if (is_record(a))
      return compare_records(first, a, second, b, at, depth);
    if (btf_is_array(a)) {
      const auto* x = btf_array(a);
      const auto* y = btf_array(b);
      if (x->nelems != y->nelems)
        return differ(pinned, declared, at);
      return compare({first.types, x->type}, {second.types, y->type}, at + "[]", depth + 1);
    }
    if (btf_is_int(a) && btf_int_encoding(a) != btf_int_encoding(b))
      return differ(pinned, declared, at);
    return btf_is_ptr(a) || a->size == b->size ? std::string() : differ(pinned, declared, at);
  }

 private:
  std::string place(const std::string& at) const {
    return at.empty() ? formatted("the %s", what_)
                      : formatted("the member '%s' of the %s", at.c_str(), what_);
  }

  std::string differ(const value_type& pinned, const value_type& declared,
                     const std::string& at) const {
    return formatted("%s has the type %s, in the program %s", place(at).c_str(),
                     text_of(pinned).c_str(), text_of(declared).c_str());
  }

  std::string compare_records(const value_type& first, const btf_type* a, const value_type& second,
                              const btf_type* b, const std::string& at, int depth) {
    const std::uint32_t count = std::min<std::uint32_t>(btf_vlen(a), btf_vlen(b));
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& x = btf_members(a)[i];
      const auto& y = btf_members(b)[i];
      const char* old_name = name_in(first, x.name_off);
      const char* new_name = name_in(second, y.name_off);
      if (strcmp(old_name, new_name) != 0)
        return formatted("%s has the member '%s', where the program has '%s'", place(at).c_str(),
                         old_name, new_name);
      const auto member = joined_path(at, new_name);
      if (auto found = compare({first.types, x.type}, {second.types, y.type}, member, depth + 1);
          !found.empty())
        return found;
      if (btf_member_bit_offset(a, i) != btf_member_bit_offset(b, i) ||
          btf_member_bitfield_size(a, i) != btf_member_bitfield_size(b, i))
        return formatted("%s is at another place than in the program", place(member).c_str());
    }
    if (btf_vlen(a) > count)
      return formatted("%s has the member '%s', which the program does not have", place(at).c_str(),
                       name_in(first, btf_members(a)[count].name_off));
    if (btf_vlen(b) > count)
      return formatted("%s lacks the member '%s', which the program has", place(at).c_str(),
                       name_in(second, btf_members(b)[count].name_off));
    return a->size == b->size ? std::string()
                              : formatted("%s has %u bytes, in the program %u", place(at).c_str(),
                                          a->size, b->size);
  }

  const char* what_;
  int steps_ = 0;
};

// Bytes of a type.
template <class Byte>
struct typed_bytes {
  value_type type;
  Byte* bytes;
  std::size_t size;
};

class copying {
 public:
  explicit copying(std::vector<std::string>& not_copied) : not_copied_(not_copied) {}

  void copy(const typed_bytes<const unsigned char>& from, const typed_bytes<unsigned char>& to,
            const std::string& at, int depth) {
    value_type first;
    value_type second;
    const auto* a = plain(from.type, first);
    const auto* b = plain(to.type, second);
    const auto from_size = size_of(from.type);
    const auto to_size = size_of(to.type);
    const bool fits = a && b && from_size != 0 && to_size != 0 && from_size <= from.size &&
                      to_size <= to.size && depth <= deepest && btf_kind(a) == btf_kind(b);
    if (!fits) {
      leave_out(at);
    } else if (is_record(a) && btf_is_struct(a)) {
      copy_members({first, from.bytes, from_size}, a, {second, to.bytes, to_size}, b, at, depth);
    } else if (btf_is_array(a)) {
      copy_elements({first, from.bytes, from_size}, a, {second, to.bytes, to_size}, b, at, depth);
    } else if (btf_is_int(a) && btf_int_encoding(a) == btf_int_encoding(b) &&
               from_size <= to_size && to_size <= sizeof(std::uint64_t)) {
      copy_number(from.bytes, from_size, to.bytes, to_size,
                  (btf_int_encoding(a) & BTF_INT_SIGNED) != 0);
    } else if (comparison("value").compare(from.type, to.type, at, depth).empty()) {
      memcpy(to.bytes, from.bytes, to_size);
    } else {
      leave_out(at);
    }
  }

 private:
  void leave_out(const std::string& at) {
    if (std::find(not_copied_.begin(), not_copied_.end(), at) == not_copied_.end())
      not_copied_.push_back(at);
  }

  void copy_members(const typed_bytes<const unsigned char>& from, const btf_type* a,
                    const typed_bytes<unsigned char>& to, const btf_type* b, const std::string& at,
                    int depth) {
    for (std::uint32_t i = 0; i < btf_vlen(b); ++i) {
      const char* name = name_in(to.type, btf_members(b)[i].name_off);
      const auto member = joined_path(at, name);
      std::uint32_t old = 0;
      while (old < btf_vlen(a) &&
             strcmp(name_in(from.type, btf_members(a)[old].name_off), name) != 0)
        ++old;
      const std::size_t to_place = btf_member_bit_offset(b, i) / 8;
      const bool is_missing = old == btf_vlen(a) || *name == '\0' ||
                              btf_member_bitfield_size(b, i) != 0 ||
                              btf_member_bitfield_size(a, old) != 0 || to_place > to.size;
      const std::size_t from_place = is_missing ? 0 : btf_member_bit_offset(a, old) / 8;
      if (is_missing || from_place > from.size) {
        leave_out(member);
        continue;
      }
      copy({{from.type.types, btf_members(a)[old].type},
            from.bytes + from_place,
            from.size - from_place},
           {{to.type.types, btf_members(b)[i].type}, to.bytes + to_place, to.size - to_place},
           member, depth + 1);
    }
  }

  void copy_elements(const typed_bytes<const unsigned char>& from, const btf_type* a,
                     const typed_bytes<unsigned char>& to, const btf_type* b, const std::string& at,
                     int depth) {
    const value_type old_element{from.type.types, btf_array(a)->type};
    const value_type new_element{to.type.types, btf_array(b)->type};
    const auto old_size = size_of(old_element);
    const auto new_size = size_of(new_element);
    if (old_size == 0 || new_size == 0)
      return leave_out(at);
    const auto count = std::min(from.size / old_size, to.size / new_size);
    for (std::size_t i = 0; i < count; ++i)
      copy({old_element, from.bytes + i * old_size, old_size},
           {new_element, to.bytes + i * new_size, new_size}, at + "[]", depth + 1);
  }

  static void copy_number(const unsigned char* from, std::size_t from_size, unsigned char* to,
                          std::size_t to_size, bool is_signed) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    unsigned char* lowest = to + (to_size - from_size);
    const bool is_negative = is_signed && (from[0] & 0x80) != 0;
#else
    unsigned char* lowest = to;
    const bool is_negative = is_signed && (from[from_size - 1] & 0x80) != 0;
#endif
    memset(to, is_negative ? 0xff : 0, to_size);
    memcpy(lowest, from, from_size);
  }

  std::vector<std::string>& not_copied_;
};

}  // namespace

std::string type_difference(const value_type& pinned, const value_type& declared,
                            const char* what) {
  if (!pinned.types || !declared.types || pinned.id == 0 || declared.id == 0)
    return {};
  return comparison(what).compare(pinned, declared, {}, 0);
}

void copy_common(const value_type& from_type, const unsigned char* from, std::size_t from_size,
                 const value_type& to_type, unsigned char* to, std::size_t to_size,
                 std::vector<std::string>& not_copied) {
  copying(not_copied).copy({from_type, from, from_size}, {to_type, to, to_size}, {}, 0);
}

}  // namespace ebpfkit::detail
