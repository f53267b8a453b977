// Files in safetensors' form: 8 bytes of header length (little endian), a JSON header of names, types, shapes and offsets, the
// bytes of the tensors. Numbers are f32 only. Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::training {

struct StoredTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::string_view bytes;  // 4 per element, little endian f32
};

struct Safetensors {
  std::map<std::string, std::string> metadata;  // "__metadata__"
  std::vector<StoredTensor> tensors;            // in the order of their bytes
};

// Bytes are views into the caller's memory.
std::string SerializeSafetensors(const Safetensors& content);

// The result's bytes are views into `file`. DataLoss, with `path` in front, on anything that is not exactly right: lengths that
// point outside, shapes that don't fit their bytes, gaps, overlaps, other types than F32, JSON of another form.
absl::StatusOr<Safetensors> ParseSafetensors(std::string_view file, const std::string& path);

}  // namespace ablate::training
