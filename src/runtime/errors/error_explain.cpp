// error::explain(), in an object file of its own: a loader that does not call it does not link the
// texts.
#include <sys/utsname.h>

#include <string>

#include "../attach/missing_hook.hpp"
#include "../system/text.hpp"
#include "ebpfkit/error.hpp"
#include "explanation.hpp"

namespace ebpfkit {

std::string error::explain() const {
  auto text = detail::formatted("cannot %s %s", operation.c_str(), object.c_str());
  struct utsname names {};
  if (uname(&names) == 0)
    text += detail::joined({" on Linux ", names.release});
  text += ":\n";
  text += detail::explanation_text(detail::explain_load({verifier_log, libbpf_log, code}), "  ");
  if (const auto missing = detail::missing_hook_of_log(libbpf_log); !missing.empty())
    text += detail::joined({"  ", missing, "\n"});
  detail::make_printable(text);
  return text;
}

}  // namespace ebpfkit
