#include <net/if.h>

#include <string>

#include "../system/text.hpp"
#include "ebpfkit/attach_options.hpp"
#include "missing_interface.hpp"

namespace ebpfkit {

unsigned network_interface::index() const noexcept {
  return name_.empty() ? index_ : if_nametoindex(name_.c_str());
}

std::string network_interface::text() const {
  char found[IF_NAMESIZE];
  if (!name_.empty())
    return detail::formatted("interface '%s'", name_.c_str());
  if (if_indextoname(index_, found))
    return detail::formatted("interface '%s'", found);
  return detail::formatted("interface %u", index_);
}

std::string detail::if_missing(const network_interface& interface) {
  char name[IF_NAMESIZE];
  if (if_indextoname(interface.index(), name))
    return {};
  return formatted("There is no network %s in the network namespace of the calling thread.",
                   interface.text().c_str());
}

}  // namespace ebpfkit
