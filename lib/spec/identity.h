// A trial's id: what its numbers depend on, as text that does not depend on how it was written, hashed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/spec/plan.h"
#include "lib/spec/values.h"

namespace ablate::spec {

// Digests of data files by path.
using Digests = std::map<std::string, std::string>;

// "task.recall.keys=8" and so on, one a line, sorted, under a line with the version of the numerics; the seed's line is apart,
// so that the seeds of an arm share the rest.
struct CanonicalText {
  std::string before_seed;
  std::string after_seed;
};

CanonicalText MakeCanonicalText(const Values& values, const std::vector<char>& reads, const Digests& digests);

// 32 hexadecimal digits.
std::string MakeId(const CanonicalText& text, uint64_t seed);

// The settings that count, sorted by field; seed included.
std::vector<Setting> CountedSettings(const Trial& trial, const Digests& digests);

// All that trials of one array have in common.
std::string UnarrayableText(const Trial& trial);

}  // namespace ablate::spec
