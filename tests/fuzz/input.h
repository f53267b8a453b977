// What the fuzz targets share: one input as a file, and what every outcome must be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"

// libFuzzer's interface; the replay has it too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ablate::fuzz {

// The input's bytes.
std::string Text(const uint8_t* data, size_t size);

// Path of a file with this content and this ending, in a folder of the process; it is replaced by the next one.
std::string FileWith(const std::string& content, const std::string& ending);

// Aborts on an error that says nothing, and on Internal, which is said of our own bugs only.
void ExpectSensible(const absl::Status& status);

}  // namespace ablate::fuzz
