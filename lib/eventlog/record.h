// The layout that Writer and Reader share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ablate::eventlog {

constexpr size_t kHeaderBytes = 8;

// No event is longer; a length above it is damage, and must not make a reader allocate gigabytes.
constexpr uint32_t kMaxRecordBytes = 16 << 20;

// Length and checksum of `event`, for the front of its record.
void PutHeader(std::string_view event, char* header);

enum class RecordState {
  kWhole,
  kIncomplete,  // more bytes may come
  kDamaged,     // wrong length or checksum; an empty event counts as that, since a power loss can leave zeros
};

// Looks at the record in front of `bytes`; of a whole one `event` gets the serialized Event.
RecordState LookAtRecord(std::string_view bytes, std::string_view* event);

}  // namespace ablate::eventlog
