// What libbpf prints, and who gets it.
//
// An ebpfkit::error has what libbpf printed during the operation that failed. By default, nothing
// is printed elsewhere: while a function of this library runs, libbpf's own printer writes nothing
// to stderr. Whoever wants the messages themselves has three ways:
//
//   - libbpf_set_print(): the application's callback gets all that libbpf prints, also while a
//     function of this library runs, and in the thread that prints. It stays installed.
//   - set_output() and set_verbose() below, without C.
//   - EBPFKIT_VERBOSE=1 in the environment, without a change of the application: everything that
//     libbpf prints goes to stderr, debug output too. It has no effect when the value is empty or
//     begins with a 0, when the application sets a callback or a sink, and in programs that run
//     with more rights than their user (setuid, file capabilities).
//
// The last call of these functions or of libbpf_set_print() counts. They act on the whole process.
// A shared library that has its own copy of this library should leave them to the application.
#pragma once

#include <functional>
#include <string_view>

namespace ebpfkit {

// How important a message is (libbpf_print_level). Debug output tells each step of libbpf; an
// object of some programs has hundreds of lines.
enum class output_level { warning, info, debug };

// Gets one message: its level, and its text with the line break at its end. Control characters,
// which names in objects and logs may have, are replaced by `?`. It is called in the thread that
// called libbpf, by several threads at once if they do. It must not throw: the process would end.
// It may call functions of this library; what libbpf prints then is not given to it.
using output_sink = std::function<void(output_level level, std::string_view text)>;

// From now on, `sink` gets each message as important as `least` or more important. A message that
// another thread is handing over may still reach the sink before. An empty sink: nobody gets any.
// Cannot fail.
void set_output(output_sink sink, output_level least = output_level::info);

// From now on, stderr gets each message as important as `least` or more important, one write() a
// message. Cannot fail.
void set_verbose(output_level least = output_level::debug);

}  // namespace ebpfkit
