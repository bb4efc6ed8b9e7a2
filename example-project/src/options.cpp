#include "options.hpp"

#include <getopt.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace kernel_watch {

const char* const usage =
    R"(kernel-watch: shows what the kernel does, with eBPF.

  kernel-watch packets --interface NAME [--interval SECONDS] [--seconds SECONDS] [--json]
      Packets and bytes that the interface receives, by protocol.

  kernel-watch processes [--parent PID] [--min-duration MILLISECONDS] [--seconds SECONDS] [--json]
      Processes from exec to exit.

  kernel-watch --self-test [--json]
      Makes packets and processes of its own, and compares what it counts with what it made.

  kernel-watch --btf-info [--json]
      The kernels whose types are inside this program, and which would be taken here.

  kernel-watch --explain [--json]
      The capabilities that the programs take, as lines for a service of systemd.

  --interface NAME             network interface
  --interval SECONDS           time between two reports (1)
  --seconds SECONDS            end after that time (else: at SIGINT or SIGTERM)
  --parent PID                 only the children of this process
  --min-duration MILLISECONDS  only the exits of processes that ran at least that long
  --json                       one JSON object a line

Exit status: 0 done, 1 failed or the self-test disagrees, 2 not permitted, 64 wrong usage.)";

namespace {

enum option_code : int {
  option_help = 'h',
  option_interface = 1000,  // above every character: these have no short form
  option_interval,
  option_seconds,
  option_parent,
  option_min_duration,
  option_json,
  option_self_test,
  option_btf_info,
  option_explain,
};

constexpr const char* missing_command =
    "a command is missing: packets, processes, --self-test, --btf-info or --explain";

constexpr option help_option = {"help", no_argument, nullptr, option_help};
constexpr option json_option = {"json", no_argument, nullptr, option_json};
constexpr option seconds_option = {"seconds", required_argument, nullptr, option_seconds};
constexpr option end_of_options = {nullptr, 0, nullptr, 0};

constexpr option packets_table[] = {
    {"interface", required_argument, nullptr, option_interface},
    {"interval", required_argument, nullptr, option_interval},
    seconds_option,
    json_option,
    help_option,
    end_of_options,
};

constexpr option processes_table[] = {
    {"parent", required_argument, nullptr, option_parent},
    {"min-duration", required_argument, nullptr, option_min_duration},
    seconds_option,
    json_option,
    help_option,
    end_of_options,
};

constexpr option global_table[] = {
    {"self-test", no_argument, nullptr, option_self_test},
    {"btf-info", no_argument, nullptr, option_btf_info},
    {"explain", no_argument, nullptr, option_explain},
    json_option,
    help_option,
    end_of_options,
};

// The next option of the command, -1 at the end.
int next_option(int argc, char** argv, const option* table) {
  opterr = 0;
  const int code = getopt_long(argc, argv, ":h", table, nullptr);
  if (code == ':')
    throw usage_error(std::string(argv[optind - 1]) + " needs an argument");
  if (code == '?')
    throw usage_error("unknown option '" + std::string(argv[optind - 1]) + "'");
  if (code == -1 && optind < argc)
    throw usage_error("unexpected argument '" + std::string(argv[optind]) + "'");
  return code;
}

// The option's argument as a whole number, or nothing when it is not one.
template <class Integer>
std::optional<Integer> integer_argument() {
  const std::string_view text(optarg);
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return {};
  return value;
}

// The option's argument as a number with a decimal point, or nothing when it is not one. libc++ has
// no std::from_chars() for such numbers before version 20.
std::optional<double> decimal_argument() {
  const std::string_view text(optarg);
  char* end = nullptr;
  const double value = std::strtod(optarg, &end);
  if (text.empty() || text.find_first_not_of("0123456789.") != text.npos || *end != '\0')
    return {};
  return value;
}

[[noreturn]] void reject_argument(const char* name, const char* wanted) {
  throw usage_error(std::string(name) + " '" + optarg + "': " + wanted + " is wanted");
}

std::chrono::duration<double> seconds_argument(const char* name) {
  constexpr double shortest = 0.001;
  constexpr double year = 365.0 * 24 * 3600;
  const auto value = decimal_argument();
  if (!value || !(*value >= shortest && *value <= year))
    reject_argument(name, "a number of seconds from 0.001 to a year");
  return std::chrono::duration<double>(*value);
}

std::int32_t process_argument() {
  constexpr std::int32_t limit = 1 << 22;  // PID_MAX_LIMIT, linux/threads.h
  const auto value = integer_argument<std::int32_t>();
  if (!value || *value <= 0 || *value > limit)
    reject_argument("--parent", "the number of a process");
  return *value;
}

std::chrono::milliseconds minimum_duration_argument() {
  const auto value = integer_argument<std::int32_t>();
  if (!value || *value < 0)
    reject_argument("--min-duration", "a number of milliseconds");
  return std::chrono::milliseconds(*value);
}

command_options parse_packets(int argc, char** argv) {
  packets_options options;
  for (int code = 0; (code = next_option(argc, argv, packets_table)) != -1;) {
    switch (code) {
      case option_interface:
        options.interface = optarg;
        break;
      case option_interval:
        options.interval = seconds_argument("--interval");
        break;
      case option_seconds:
        options.running_time = seconds_argument("--seconds");
        break;
      case option_json:
        options.json = true;
        break;
      default:
        return help_options{};
    }
  }
  if (options.interface.empty())
    throw usage_error("packets: --interface NAME is missing");
  return options;
}

command_options parse_processes(int argc, char** argv) {
  processes_options options;
  for (int code = 0; (code = next_option(argc, argv, processes_table)) != -1;) {
    switch (code) {
      case option_parent:
        options.parent = process_argument();
        break;
      case option_min_duration:
        options.minimum_duration = minimum_duration_argument();
        break;
      case option_seconds:
        options.running_time = seconds_argument("--seconds");
        break;
      case option_json:
        options.json = true;
        break;
      default:
        return help_options{};
    }
  }
  return options;
}

command_options parse_global(int argc, char** argv) {
  int command = 0;
  bool json = false;
  for (int code = 0; (code = next_option(argc, argv, global_table)) != -1;) {
    switch (code) {
      case option_self_test:
      case option_btf_info:
      case option_explain:
        if (command != 0 && command != code)
          throw usage_error("--self-test, --btf-info and --explain exclude each other");
        command = code;
        break;
      case option_json:
        json = true;
        break;
      default:
        return help_options{};
    }
  }
  if (command == 0)
    throw usage_error(missing_command);
  if (command == option_self_test)
    return self_test_options{json};
  if (command == option_explain)
    return explain_options{json};
  return btf_info_options{json};
}

}  // namespace

command_options parse_command_line(int argc, char** argv) {
  if (argc < 2)
    throw usage_error(missing_command);
  const std::string_view command(argv[1]);
  if (command == "packets")
    return parse_packets(argc - 1, argv + 1);
  if (command == "processes")
    return parse_processes(argc - 1, argv + 1);
  if (command.starts_with('-'))
    return parse_global(argc, argv);
  throw usage_error("unknown command '" + std::string(command) +
                    "': packets, processes, --self-test, --btf-info or --explain is wanted");
}

}  // namespace kernel_watch
