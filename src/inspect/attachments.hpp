// Where programs are attached, also in the ways that are older than links.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

enum class attachment_kind : std::uint8_t { link, xdp, tc, tcx, netkit, cgroup };

// "link", "xdp", "tc", "tcx", "netkit" or "cgroup".
const char* attachment_word(attachment_kind kind);

// A place where the kernel runs a program.
struct attached_program {
  attachment_kind kind = attachment_kind::link;
  std::uint32_t program_id = 0;
  std::string target;  // "ingress of lo, priority 7", for people
  std::uint32_t link_id = 0;
  // Of what is at an interface of this network namespace, also of links.
  std::uint32_t interface_index = 0;
  std::uint32_t xdp_flags = 0;  // the mode: XDP_FLAGS_SKB_MODE, ...
  bool is_in_chain = false;     // the dispatcher of an XDP chain, or the link of its program
  bool is_ingress = false;      // tc
  std::uint32_t handle = 0;
  std::uint32_t priority = 0;
  std::filesystem::path cgroup;
  std::uint32_t attach_type = 0;  // tcx, netkit and cgroup
};

// Finds the links, and without link: XDP programs, BPF filters of clsact and programs of tcx and
// netkit at the interfaces of this network namespace, and programs of the cgroups of version 2.
// Throws `failure` when the kernel refuses to tell.
std::vector<attached_program> find_attachments();

// Detaches the program, but only while it is still attached there. A link is detached where its
// type can do that, and `pins`, the files that hold it, are removed. A program of an XDP chain
// leaves the chain, which the other programs keep; a dispatcher goes with its chain. Throws
// `failure`; a link that other processes (`is_held`) hold and that has no such operation stays, and
// the error says so.
void remove_attachment(const attached_program& attached,
                       const std::vector<std::filesystem::path>& pins, bool is_held);

}  // namespace ebpfkit::host
