#include "lib/eventlog/record.h"

#include <zlib.h>

namespace ablate::eventlog {
namespace {

uint32_t Checksum(std::string_view bytes) { return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()); }

void PutU32(uint32_t value, char* to) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

uint32_t GetU32(const char* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return value;
}

}  // namespace

void PutHeader(std::string_view event, char* header) {
  PutU32(event.size(), header);
  PutU32(Checksum(event), header + 4);
}

RecordState LookAtRecord(std::string_view bytes, std::string_view* event) {
  if (bytes.size() < 4) return RecordState::kIncomplete;
  const uint32_t length = GetU32(bytes.data());
  if (length == 0 || length > kMaxRecordBytes) return RecordState::kDamaged;
  if (bytes.size() < kHeaderBytes + length) return RecordState::kIncomplete;
  *event = bytes.substr(kHeaderBytes, length);
  return Checksum(*event) == GetU32(bytes.data() + 4) ? RecordState::kWhole : RecordState::kDamaged;
}

}  // namespace ablate::eventlog
