// Runs the command of a plan.
#pragma once

#include "channel.hpp"
#include "plan.hpp"

namespace ebpfkit::guest {

// Runs the command and waits for it. Sends its standard output and standard error as they come
// (frames "stdout" and "stderr"). Returns its exit status: 128 + the signal when a signal ended it,
// 127 when it could not be started. Processes that it leaves behind are ended.
int run_command(const plan& wanted, channel& results);

// Runs a shell on the console until it ends: /bin/sh of the machine's files, if there is one.
int run_shell(const plan& wanted, channel& results);

}  // namespace ebpfkit::guest
