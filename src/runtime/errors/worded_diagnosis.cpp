#include "worded_diagnosis.hpp"

#include <string>
#include <utility>

#include "diagnosis.hpp"

namespace ebpfkit::detail {

ebpfkit::error diagnose_worded(const char* operation, std::string object, int code,
                               std::string remedy) {
  auto failure = diagnose(detail::operation::read, std::move(object), code);
  failure.operation = operation;
  if (!remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

}  // namespace ebpfkit::detail
