// Safetensors: refused, or views that lie inside the file and say the same when they are written again.
#include <cstdlib>

#include "lib/base/safetensors.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string file = ablate::fuzz::Text(data, size);
  const auto content = ablate::ParseSafetensors(file, "input");
  ablate::fuzz::ExpectSensible(content.status());
  if (!content.ok()) return 0;
  const std::string written = ablate::SerializeSafetensors(*content);  // reads each byte: the sanitizer sees one outside
  const auto again = ablate::ParseSafetensors(written, "written");
  if (!again.ok() || again->tensors.size() != content->tensors.size() || again->metadata != content->metadata) std::abort();
  return 0;
}
