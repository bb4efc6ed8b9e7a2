// A BPF filter of an interface's clsact qdisc: what there was before tcx, and has no bpf_link.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/result.hpp"

struct bpf_program;

namespace ebpfkit::detail {

// Destruction removes the filter if it still holds the program that was put there, and the qdisc if
// attach() made it and no filter is left on it.
class tc_filter {
 public:
  static result<std::unique_ptr<tc_filter>> attach(const bpf_program* program,
                                                   const network_interface& interface,
                                                   tc_direction direction,
                                                   const tc_options& options);

  // Virtual for the sake of static applications that attach nothing to tc: links call these, and
  // libbpf's netlink code comes along only with attach().
  virtual ~tc_filter();
  tc_filter(const tc_filter&) = delete;
  tc_filter& operator=(const tc_filter&) = delete;

  // Puts another program into the filter. Gives 0 or a negative errno.
  virtual int replace(int program_fd);

  virtual std::string text() const;

 private:
  tc_filter();
  // The program in the filter: 0 when there is no filter. Negative errno in `code`.
  unsigned current_program(int& code) const;
  int put(int program_fd, unsigned flags);
  void remove_empty_qdisc() const;

  pid_t owner_;  // the process
  int interface_index_ = 0;
  std::string interface_text_;
  tc_direction direction_ = tc_direction::ingress;
  unsigned priority_ = 0;
  unsigned handle_ = 0;
  unsigned program_id_ = 0;  // 0: nothing was put there yet
  bool made_qdisc_ = false;
};

// Such as "ingress of interface 'eth0'".
std::string tc_hook_text(const network_interface& interface, tc_direction direction);

}  // namespace ebpfkit::detail
