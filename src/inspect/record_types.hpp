// Which type the records of a buffer have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The kernel does not tell the type of records. It is the one with the given name, else the only
// struct of a record's size in the BTF of the project's objects and of the programs that use the
// buffer. Where several have that size, the contexts of programs do not count, and structs that the
// running kernel has, too, do not: a program's own record is no type of the kernel.
class record_types {
 public:
  // `name`: of a struct, union or typedef; empty: the size decides. Throws `failure` when no BTF
  // has the name.
  record_types(const std::vector<std::filesystem::path>& objects, std::uint32_t map_id,
               std::string name);

  struct decoded {
    std::string type;  // empty: the bytes have no type
    nlohmann::ordered_json value;
  };
  decoded decode(std::span<const std::uint8_t> bytes);

  // The structs that have the size of a record, when several have it.
  std::vector<std::string> candidates(std::size_t size);

 private:
  struct found_type {
    const type_graph* types = nullptr;
    type_id type = 0;
    std::string name;
  };
  const std::vector<found_type>& of_size(std::size_t size);
  bool is_kernel_type(const found_type& found);

  std::vector<std::shared_ptr<const type_graph>> graphs_;
  std::shared_ptr<const type_graph> kernel_;  // read when it is asked for
  found_type named_;
  std::map<std::size_t, std::vector<found_type>> by_size_;
};

}  // namespace ebpfkit::host
