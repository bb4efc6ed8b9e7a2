#include "attach_with.hpp"

#include <bpf/libbpf.h>

#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {

ebpfkit::error attach_error(const bpf_program* program, const std::string& hook, int code,
                            std::string log) {
  auto failure = diagnose(operation::attach, quoted("program", bpf_program__name(program)), code,
                          std::move(log));
  failure.object = formatted("%s to %s", failure.object.c_str(), hook.c_str());
  if (bpf_program__fd(program) < 0)
    failure.remedy = not_loaded_remedy();
  return failure;
}

std::string not_loaded_remedy() {
  return "The program is not loaded: load the object first, with the program's autoload on.";
}

}  // namespace ebpfkit::detail
