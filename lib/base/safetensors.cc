#include "lib/base/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100 << 20;  // the limit of the format's own library
constexpr size_t kMostAxes = 16;

absl::Status Broken(const std::string& path, std::string_view what) {
  return absl::DataLossError(fmt::format("{}: not a whole safetensors file: {}", path, what));
}

// Bytes of an element.
const std::map<std::string, uint64_t>& TypeSizes() {
  static const auto& sizes = *new std::map<std::string, uint64_t>{{"BF16", 2}, {"BOOL", 1}, {"F16", 2}, {"F32", 4}, {"F64", 8},
                                                                  {"I16", 2},  {"I32", 4},  {"I64", 8}, {"I8", 1},  {"U8", 1}};
  return sizes;
}

bool IsCount(const Json& value) { return value.is_number_unsigned(); }

// The range that an entry says its bytes have, checked against its shape.
absl::StatusOr<std::pair<uint64_t, uint64_t>> ReadEntry(const Json& entry, uint64_t data_bytes, StoredTensor& tensor,
                                                        const std::string& path) {
  const auto broken = [&](std::string_view what) { return Broken(path, fmt::format("tensor \"{}\": {}", tensor.name, what)); };
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets")) {
    return broken("its entry must have dtype, shape and data_offsets");
  }
  const auto type = entry["dtype"].is_string() ? TypeSizes().find(entry["dtype"].get<std::string>()) : TypeSizes().end();
  if (type == TypeSizes().end()) {
    return broken(fmt::format("dtype is {}, allowed: BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U8", entry["dtype"].dump()));
  }
  tensor.type = type->first;
  const Json &shape = entry["shape"], &offsets = entry["data_offsets"];
  if (!shape.is_array() || shape.size() > kMostAxes || !std::all_of(shape.begin(), shape.end(), IsCount)) {
    return broken(fmt::format("shape must be at most {} sizes", kMostAxes));
  }
  if (!offsets.is_array() || offsets.size() != 2 || !IsCount(offsets[0]) || !IsCount(offsets[1])) {
    return broken("data_offsets must be two counts of bytes");
  }
  const uint64_t begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
  if (begin > end || end > data_bytes) return broken(fmt::format("bytes {} to {} of {}", begin, end, data_bytes));
  uint64_t elements = 1;
  for (const Json& size : shape) {
    const uint64_t count = size.get<uint64_t>();
    if (count > data_bytes || (count != 0 && elements > data_bytes / count)) return broken("its shape is larger than the file");
    elements *= count;
    tensor.shape.push_back(static_cast<int64_t>(count));
  }
  if (elements * type->second != end - begin) {
    return broken(fmt::format("{} bytes for {} elements of {} bytes", end - begin, elements, type->second));
  }
  return std::make_pair(begin, end);
}

absl::Status ReadMetadata(const Json& metadata, Safetensors& content, const std::string& path) {
  if (!metadata.is_object()) return Broken(path, "__metadata__ is no object");
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) return Broken(path, fmt::format("metadata \"{}\" is no text", key));
    content.metadata[key] = value.get<std::string>();
  }
  return absl::OkStatus();
}

}  // namespace

std::string SerializeSafetensors(const Safetensors& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  uint64_t offset = 0;
  for (const StoredTensor& tensor : content.tensors) {
    header[tensor.name] = {
        {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  // Readers map the data: it begins at a multiple of eight.
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  std::string file;
  file.reserve(kLengthBytes + length + offset);
  for (uint64_t i = 0; i < kLengthBytes; ++i) file.push_back(static_cast<char>(length >> (8 * i)));
  file += text;
  for (const StoredTensor& tensor : content.tensors) file += tensor.bytes;
  return file;
}

absl::StatusOr<Safetensors> ParseSafetensors(std::string_view file, const std::string& path) {
  if (file.size() < kLengthBytes) return Broken(path, fmt::format("{} bytes, at least 8 are needed", file.size()));
  uint64_t length = 0;
  for (uint64_t i = 0; i < kLengthBytes; ++i) length |= static_cast<uint64_t>(static_cast<unsigned char>(file[i])) << (8 * i);
  if (length > kLongestHeader || length > file.size() - kLengthBytes) {
    return Broken(path, fmt::format("a header of {} bytes in a file of {}", length, file.size()));
  }
  const Json header = Json::parse(file.substr(kLengthBytes, length), nullptr, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object()) return Broken(path, "its header is no JSON object");
  const std::string_view data = file.substr(kLengthBytes + length);
  Safetensors content;
  std::vector<std::pair<std::pair<uint64_t, uint64_t>, StoredTensor>> found;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      RETURN_IF_ERROR(ReadMetadata(entry, content, path));
      continue;
    }
    StoredTensor tensor;
    tensor.name = name;
    ASSIGN_OR_RETURN(const auto range, ReadEntry(entry, data.size(), tensor, path));
    tensor.bytes = data.substr(range.first, range.second - range.first);
    found.push_back({range, std::move(tensor)});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  uint64_t end = 0;
  for (auto& [range, tensor] : found) {
    if (range.first != end)
      return Broken(path, fmt::format("tensor \"{}\" begins at byte {}, not {}", tensor.name, range.first, end));
    end = range.second;
    content.tensors.push_back(std::move(tensor));
  }
  if (end != data.size()) return Broken(path, fmt::format("{} bytes of tensors, {} are described", data.size(), end));
  return content;
}

}  // namespace ablate
