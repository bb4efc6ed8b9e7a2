// The machine and kernel that the process runs on, as far as a kernel without BTF tells it.
#pragma once

#include <string>

namespace ebpfkit {
struct btf_search;
}

namespace ebpfkit::detail {

struct machine {
  std::string release;               // uname -r: "5.15.167"
  std::string version;               // uname -v: "#0 SMP Mon Sep 23 12:34:46 2024"
  std::string architecture;          // as in the index (embedded_btf.hpp): "x86_64"
  std::string distribution;          // ID of os-release(5): "openwrt"; empty: not known
  std::string distribution_version;  // VERSION_ID there: "23.05.5"

  // "Linux 5.15.167 arm64 (openwrt 23.05.5)"
  std::string text() const;
};

// The machine that `search` describes. uname(2) and os-release(5) fill in what `search` leaves out.
machine describe_machine(const btf_search& search);

}  // namespace ebpfkit::detail
