// Why trials fail: the words of FailurePolicy.failure_class, of events and of the store.
#pragma once

#include <string>
#include <vector>

namespace ablate::spec {

inline constexpr char kBadData[] = "bad_data";
inline constexpr char kCrash[] = "crash";
inline constexpr char kDiskFull[] = "disk_full";
inline constexpr char kInternal[] = "internal";
inline constexpr char kNan[] = "nan";
inline constexpr char kNoProgress[] = "no_progress";
inline constexpr char kOutOfMemory[] = "out_of_memory";
inline constexpr char kTimeLimit[] = "time_limit";

// All of them, alphabetical.
inline const std::vector<std::string>& FailureClasses() {
  static const auto& classes =
      *new std::vector<std::string>{kBadData, kCrash, kDiskFull, kInternal, kNan, kNoProgress, kOutOfMemory, kTimeLimit};
  return classes;
}

}  // namespace ablate::spec
