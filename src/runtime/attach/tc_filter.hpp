// A BPF filter of an interface's clsact qdisc: the way to attach before tcx. It has no bpf_link.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/result.hpp"

struct bpf_program;

namespace ebpfkit::detail {

// Destruction removes the filter if the filter still holds the program that this object put there.
// It also removes the qdisc if this library made it, in any process, and no filter is left on it.
class tc_filter {
 public:
  static result<std::unique_ptr<tc_filter>> attach(const bpf_program* program,
                                                   const network_interface& interface,
                                                   tc_direction direction,
                                                   const tc_options& options);

  // Virtual to keep static applications small. Links call these functions in every application, but
  // only attach() refers to their code, and so to libbpf's netlink code. An application that
  // attaches nothing to tc does not get that code.
  virtual ~tc_filter();
  tc_filter(const tc_filter&) = delete;
  tc_filter& operator=(const tc_filter&) = delete;

  // Puts another program into the filter. Returns 0 or a negative errno.
  virtual int replace(int program_fd);

  virtual std::string text() const;

 private:
  tc_filter();
  // The id of the program in the filter; 0 when there is no filter. Stores a negative errno in
  // `code`.
  unsigned current_program(int& code) const;
  int put(int program_fd, unsigned flags);

  pid_t owner_;  // the process that attached
  int interface_index_ = 0;
  std::string interface_text_;
  tc_direction direction_ = tc_direction::ingress;
  unsigned priority_ = 0;
  unsigned handle_ = 0;
  unsigned program_id_ = 0;  // 0: put() has not put a program there yet
};

// A text such as "ingress of interface 'eth0'".
std::string tc_hook_text(const network_interface& interface, tc_direction direction);

}  // namespace ebpfkit::detail
