#include <net/if.h>

#include "attach.hpp"
#include "ebpfkit/attach_options.hpp"

namespace ebpfkit {

unsigned network_interface::index() const noexcept {
  return name_.empty() ? index_ : if_nametoindex(name_.c_str());
}

std::string network_interface::text() const {
  char found[IF_NAMESIZE];
  if (!name_.empty())
    return "interface '" + name_ + "'";
  if (if_indextoname(index_, found))
    return "interface '" + std::string(found) + "'";
  return "interface " + std::to_string(index_);
}

std::string detail::if_missing(const network_interface& interface) {
  char name[IF_NAMESIZE];
  if (if_indextoname(interface.index(), name))
    return {};
  return "There is no network " + interface.text() +
         " in the network namespace of the calling thread.";
}

}  // namespace ebpfkit
