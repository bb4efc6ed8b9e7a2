// Text out of pieces.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// The pieces one after the other. A chain of operator+ is expanded where it stands: a message of
// five pieces costs some 400 bytes of code there, a call of this 100.
std::string joined(std::initializer_list<std::string_view> pieces);

}  // namespace ebpfkit::detail
