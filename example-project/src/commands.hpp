// The commands. Each returns the program's exit status, and throws std::exception when it fails.
#pragma once

#include "options.hpp"

namespace kernel_watch {

int watch_packets(const packets_options& options);
int watch_processes(const processes_options& options);
int show_btf_info(const btf_info_options& options);
int explain_rights(const explain_options& options);
int run_self_test(const self_test_options& options);

}  // namespace kernel_watch
