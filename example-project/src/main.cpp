#include <unistd.h>

#include <cerrno>
#include <ebpfkit/error.hpp>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include "commands.hpp"
#include "options.hpp"
#include "output.hpp"
#include "self_test_child.hpp"

namespace {

using namespace kernel_watch;

enum exit_status : int {
  failed = 1,
  not_permitted = 2,
  wrong_usage = 64,
};

struct run_command {
  int operator()(const help_options&) const {
    print_line(usage);
    return 0;
  }
  int operator()(const packets_options& options) const { return watch_packets(options); }
  int operator()(const processes_options& options) const { return watch_processes(options); }
  int operator()(const self_test_options& options) const { return run_self_test(options); }
  int operator()(const btf_info_options& options) const { return show_btf_info(options); }
  int operator()(const explain_options& options) const { return explain_rights(options); }
};

int report_failure(const std::exception& error) {
  print_message(error.what());
  return failed;
}

// For a user, EPERM has one remedy, whichever operation it comes from.
int report_not_permitted(const std::string& operation) {
  const std::string message = "not permitted: " + operation + '\n';
  if (geteuid() == 0)
    print_message(
        message +
        "  This is root without all capabilities, or under kernel lockdown. In a container,\n"
        "  add the capabilities BPF, PERFMON and NET_ADMIN (for --self-test SYS_ADMIN too).");
  else
    print_message(message +
                  "  Run it as root, or give the file the capabilities that it needs:\n"
                  "  sudo setcap cap_bpf,cap_perfmon,cap_net_admin=ep kernel-watch\n"
                  "  (for --self-test cap_net_raw and cap_sys_admin too)");
  return not_permitted;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == child_option)
    return run_self_test_child(argc - 2, argv + 2);
  try {
    return std::visit(run_command{}, parse_command_line(argc, argv));
  } catch (const usage_error& error) {
    print_message(error.what());
    return wrong_usage;
  } catch (const ebpfkit::exception& error) {
    const ebpfkit::error& details = error.details();
    return details.code == EPERM ? report_not_permitted(details.operation + ' ' + details.object)
                                 : report_failure(error);
  } catch (const std::system_error& error) {
    return error.code() == std::errc::operation_not_permitted ? report_not_permitted(error.what())
                                                              : report_failure(error);
  } catch (const std::exception& error) {
    return report_failure(error);
  }
}
