#include "object/kernel_needs.hpp"

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>

namespace ebpfkit::host {

namespace {

// libbpf says why it does not open an object. That is for people who load it.
class unheard_libbpf {
 public:
  unheard_libbpf() : previous_(libbpf_set_print(nullptr)) {}
  ~unheard_libbpf() { libbpf_set_print(previous_); }
  unheard_libbpf(const unheard_libbpf&) = delete;
  unheard_libbpf& operator=(const unheard_libbpf&) = delete;

 private:
  libbpf_print_fn_t previous_;
};

struct close_object {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

}  // namespace

std::optional<kernel_needs> find_kernel_needs(std::span<const std::uint8_t> object,
                                              const std::string& name, kernel_features& running) {
  const unheard_libbpf silence;
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = name.c_str();
  const std::unique_ptr<bpf_object, close_object> opened(
      bpf_object__open_mem(object.data(), object.size(), &options));
  if (opened == nullptr || libbpf_get_error(opened.get()) != 0)
    return std::nullopt;
  return kernel_needs{running.needs_of(opened.get()), capabilities_of(opened.get())};
}

}  // namespace ebpfkit::host
