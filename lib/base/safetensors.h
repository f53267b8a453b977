// Files in safetensors' form: 8 bytes of header length (little endian), a JSON header of names, types, shapes and offsets, the
// bytes of the tensors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate {

struct StoredTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::string_view bytes;    // little endian
  std::string type = "F32";  // "F16", "I64", ...
};

struct Safetensors {
  std::map<std::string, std::string> metadata;  // "__metadata__"
  std::vector<StoredTensor> tensors;            // in the order of their bytes
};

// Bytes are views into the caller's memory.
std::string SerializeSafetensors(const Safetensors& content);

// The result's bytes are views into `file`. DataLoss, with `path` in front, on anything that is not exactly right: lengths that
// point outside, shapes that don't fit their bytes, gaps, overlaps, types that it doesn't know, JSON of another form.
absl::StatusOr<Safetensors> ParseSafetensors(std::string_view file, const std::string& path);

}  // namespace ablate
