#include "worded_diagnosis.hpp"

#include <string>
#include <utility>

#include "diagnosis.hpp"

namespace ebpfkit::detail {

ebpfkit::error diagnose_worded(const char* operation, std::string object, int code,
                               std::string remedy, std::string log) {
  auto failure = diagnose(detail::operation::read, std::move(object), code, std::move(log));
  failure.operation = operation;
  if (!remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

ebpfkit::error failed_to(const char* operation, const char* kind, const char* name, int code,
                         std::string remedy, std::string log) {
  return diagnose_worded(operation, quoted(kind, name), code, std::move(remedy), std::move(log));
}

}  // namespace ebpfkit::detail
