// What a kernel said about the programs of BPF objects.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// The verifier's statistics (print_verification_stats() of the kernel's verifier.c). Empty where
// the kernel does not tell one.
struct verifier_statistics {
  std::optional<std::uint64_t> instructions;  // processed
  std::optional<std::uint64_t> states;        // total_states
  std::optional<std::uint64_t> peak_states;
  std::optional<std::uint64_t> most_states_per_instruction;
  std::optional<std::uint64_t> stack_depth;  // in bytes, of all functions together
  std::optional<std::uint64_t> time;         // in microseconds
};

// Reads the statistics at the end of a verifier's log.
verifier_statistics read_statistics(std::string_view log);

enum class load_outcome {
  missing,          // the guest told nothing about it
  not_opened,       // libbpf did not open the object
  object_rejected,  // the kernel or libbpf refused a map, a relocation or the program's type
  rejected,         // by the verifier
  attach_failed,    // loaded, but not attached
  loaded,
};
std::string_view outcome_name(load_outcome outcome);

struct program_result {
  std::string object;   // the name that the project gives the object
  std::string program;  // the function
  std::string variant;  // empty: the object as it is
  load_outcome outcome = load_outcome::missing;
  int error = 0;  // errno
  bool is_attached = false;
  verifier_statistics statistics;
  std::uint64_t xlated_size = 0;  // in bytes
  std::uint64_t jited_size = 0;
  std::string reason;        // of a rejection, in the verifier's words
  std::string source;        // the line of the source
  std::string instruction;   // the instruction
  std::string suggestion;    // the kernel's
  std::string kind;          // of programs that are not loaded: see detail::rejection_texts::name
  std::string explanation;   // the same for people; may be empty
  std::string verifier_log;  // its end; of rejected programs
  std::string libbpf_log;    // of programs that are not loaded

  // "packets.count_packets", with the variant behind it.
  std::string full_name() const;
};

struct load_results {
  std::string kernel;  // as in KERNELS
  std::string release;
  std::string architecture;
  bool has_btf = true;
  std::string accelerator;
  std::string problem;  // why there are not all results: the machine did not start, panicked, ...
  std::vector<std::string> complaints;  // of the kernel about itself
  std::vector<program_result> programs;
};

// JSON of version 1: see docs/load-tests.md.
std::string load_results_text(const load_results& results);

// Throws `failure` when the file is missing or no such JSON.
load_results read_load_results(const std::filesystem::path& path);

}  // namespace ebpfkit::host
