// What load() tells the kernel about a program.
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstdint>

#include "declaration_error.hpp"
#include "ebpfkit/program.hpp"

namespace ebpfkit {
namespace {

result<void> changed(const char* operation, const bpf_program* program, int code) {
  if (code == 0)
    return {};
  return detail::not_declared(operation, "program", bpf_program__name(program), code);
}

// EBUSY when the object is loaded. Not all functions of libbpf tell, and a program without autoload
// has no descriptor.
int busy(bpf_program* program) {
  return bpf_program__set_flags(program, bpf_program__flags(program));
}

}  // namespace

bool program::autoload() const noexcept {
  return bpf_program__autoload(program_);
}

bool program::autoattach() const noexcept {
  return bpf_program__autoattach(program_);
}

unsigned program::type() const noexcept {
  return bpf_program__type(program_);
}

unsigned program::expected_attach_type() const noexcept {
  return bpf_program__expected_attach_type(program_);
}

std::uint32_t program::flags() const noexcept {
  return bpf_program__flags(program_);
}

std::uint32_t program::log_level() const noexcept {
  return bpf_program__log_level(program_);
}

result<void> program::set_autoload(bool load) {
  int code = busy(program_);
  if (code == 0)
    code = bpf_program__set_autoload(program_, load);
  return changed("set the autoload of", program_, code);
}

result<void> program::set_type(unsigned type) {
  return changed("set the type of", program_,
                 bpf_program__set_type(program_, static_cast<bpf_prog_type>(type)));
}

result<void> program::set_expected_attach_type(unsigned type) {
  return changed(
      "set the expected attach type of", program_,
      bpf_program__set_expected_attach_type(program_, static_cast<bpf_attach_type>(type)));
}

result<void> program::set_flags(std::uint32_t flags) {
  return changed("set the flags of", program_, bpf_program__set_flags(program_, flags));
}

result<void> program::set_log_level(std::uint32_t level) {
  return changed("set the log level of", program_, bpf_program__set_log_level(program_, level));
}

result<void> program::set_interface(const network_interface& device) {
  constexpr const char* operation = "set the interface of";
  const auto index = device.index();
  if (index == 0)
    return detail::not_declared(operation, "program", name(), ENODEV,
                                detail::formatted("There is no %s.", device.text().c_str()));
  const int code = busy(program_);
  if (code == 0)
    bpf_program__set_ifindex(program_, index);
  return changed(operation, program_, code);
}

}  // namespace ebpfkit
