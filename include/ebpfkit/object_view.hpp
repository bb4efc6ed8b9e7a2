// An opened object as a collection: its programs and maps in loops and by name.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

struct bpf_map;
struct bpf_object;
struct bpf_program;

namespace ebpfkit {

namespace detail {

// The next program or map; the first one for null. Null behind the last one.
bpf_program* next_of(const bpf_object* object, bpf_program* previous) noexcept;
bpf_map* next_of(const bpf_object* object, bpf_map* previous) noexcept;

// Goes over the programs or maps of an object, in libbpf's order.
template <class View, class Handle>
class object_range {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = View;

    iterator(const bpf_object* object, Handle* current) noexcept
        : object_(object), current_(current) {}
    View operator*() const noexcept { return View(current_); }
    iterator& operator++() noexcept {
      current_ = next_of(object_, current_);
      return *this;
    }
    iterator operator++(int) noexcept {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const noexcept { return current_ == other.current_; }
    bool operator!=(const iterator& other) const noexcept { return current_ != other.current_; }

   private:
    const bpf_object* object_;
    Handle* current_;
  };

  explicit object_range(const bpf_object* object) noexcept : object_(object) {}
  iterator begin() const noexcept {
    return {object_, next_of(object_, static_cast<Handle*>(nullptr))};
  }
  iterator end() const noexcept { return {object_, nullptr}; }

 private:
  const bpf_object* object_;
};

}  // namespace detail

// A view of an opened object: a skeleton, an ebpfkit::object, a dynamic_object. It is valid as long
// as the object, also when the object is moved.
//
//   for (auto program : ebpfkit::object_view(packets).programs())
//     std::puts(program.name());
class object_view {
 public:
  explicit object_view(bpf_object* viewed) noexcept : object_(viewed) {}

  // From everything whose get() returns a bpf_object*, such as a generated skeleton.
  template <class Opened, class = std::enable_if_t<std::is_same_v<
                              decltype(std::declval<const Opened&>().get()), bpf_object*>>>
  object_view(const Opened& opened) noexcept : object_(opened.get()) {}

  const char* name() const noexcept;

  // All programs, in the order of the object file, as ebpfkit::program. Those that load() does not
  // load are there, too.
  auto programs() const noexcept {
    return detail::object_range<ebpfkit::program, bpf_program>(object_);
  }

  // All maps as ebpfkit::untyped_map: first those of the source, then the sections of global
  // variables (is_section() tells them).
  auto maps() const noexcept {
    return detail::object_range<ebpfkit::untyped_map, bpf_map>(object_);
  }

  // Whether a map holds global variables (.data, .bss, .rodata, .kconfig) or struct_ops.
  static bool is_section(const untyped_map& map) noexcept;

  // The program whose function has this name. The error is ENOENT, and names the nearest program.
  result<ebpfkit::program> find_program(const std::string& name) const;

  // The map with this name; a section of global variables by its ELF name, such as ".bss". The
  // error is ENOENT, and names the nearest map.
  result<untyped_map> find_map(const std::string& name) const {
    return find_map<untyped_map>(name);
  }

  // The same as a typed view: find_map<ebpfkit::map<int, counter>>("counts"). The error
  // is also EINVAL when the class is not for maps of this type, or when the sizes of key or value
  // are not those that the map has now. The types' members are not compared.
  template <class Map>
  result<Map> find_map(const std::string& name) const {
    const auto found = find(name);
    if (!found)
      return found.error();
    return untyped_map(*found).as<Map>();
  }

  bpf_object* get() const noexcept { return object_; }

 private:
  result<bpf_map*> find(const std::string& name) const;

  bpf_object* object_;
};

}  // namespace ebpfkit
