#include "lib/testing/faults.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::testing {
namespace {

absl::Status Set(Fault& fault, const std::string& part) {
  const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
  uint64_t number = 0;
  if (!absl::SimpleAtoi(pair.second, &number)) return absl::InvalidArgumentError(fmt::format("{}: not a number", part));
  if (pair.first == "seed") {
    fault.seed = number;
  } else if (pair.first == "step") {
    fault.step = number;
  } else if (pair.first == "times") {
    fault.times = number;
  } else if (pair.first == "trials") {
    fault.trials = number;
  } else {
    return absl::InvalidArgumentError(fmt::format("{}: allowed are seed, step, times, trials", part));
  }
  return absl::OkStatus();
}

absl::StatusOr<Fault> ParseFault(const std::string& text) {
  static const std::map<std::string, Fault::Kind> kinds = {
      {"busy", Fault::Kind::kBusy}, {"crash", Fault::Kind::kCrash},   {"exit", Fault::Kind::kExit},
      {"full", Fault::Kind::kFull}, {"hang", Fault::Kind::kHang},     {"memory", Fault::Kind::kMemory},
      {"nan", Fault::Kind::kNan},   {"silent", Fault::Kind::kSilent}, {"torn", Fault::Kind::kTorn}};
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const auto kind = kinds.find(parts[0]);
  if (kind == kinds.end()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: allowed are busy, crash, exit, full, hang, memory, nan, silent, torn", parts[0]));
  }
  Fault fault;
  fault.kind = kind->second;
  for (size_t i = 1; i < parts.size(); ++i) RETURN_IF_ERROR(Set(fault, parts[i]));
  return fault;
}

}  // namespace

absl::StatusOr<std::vector<Fault>> ParseFaults(const std::string& text) {
  std::vector<Fault> faults;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(faults.emplace_back(), ParseFault(std::string(part)));
  }
  return faults;
}

bool Strikes(const Fault& fault, uint64_t seed, uint64_t step, const std::string& counting_folder) {
  if (step != fault.step || (fault.seed && *fault.seed != seed)) return false;
  if (fault.times == UINT64_MAX) return true;
  // One file per strike, made exclusively: the count holds across workers.
  for (uint64_t strike = 0; strike < fault.times; ++strike) {
    const std::string path = JoinPath(counting_folder, fmt::format("fault_{}_{}_{}_{}", static_cast<int>(fault.kind),
                                                                   fault.step, fault.seed.value_or(0), strike));
    const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0) continue;
    close(file);
    return true;
  }
  return false;
}

}  // namespace ablate::testing
