// What a kernel's messages say about its health.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the first line that says that the kernel stopped: a panic, or a kernel that cannot start
// its first process. Empty when there is none.
std::string find_panic(std::string_view console);

// The clock of an emulated machine also runs while QEMU waits for a processor of this computer. Its
// kernel takes a processor for stuck then.
enum class kernel_clock { real, emulated };

// Returns the kernel's complaints about itself in `log`, which is in the format of /dev/kmsg or of
// a console: warnings (WARN), bugs, oopses, reports of KASAN, KCSAN, UBSAN and lockdep, and, by a
// real clock, tasks or processors that hang. One line each, without the time.
std::vector<std::string> find_kernel_complaints(std::string_view log, kernel_clock clock);

// Returns the last `count` lines of a console that are not empty, without control sequences.
std::vector<std::string> last_lines(std::string_view console, std::size_t count);

}  // namespace ebpfkit::host
