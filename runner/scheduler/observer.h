// What a run tells whoever watches it: the live view of a terminal, or plain lines.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ablate::runner {

enum class TrialState { kPending, kRunning, kSucceeded, kStopped, kFailed, kCancelled };
inline constexpr size_t kTrialStates = 6;

// As the store spells them, in the order of TrialState.
inline constexpr std::array<const char*, kTrialStates> kTrialStateNames = {"pending", "running", "succeeded",
                                                                           "stopped", "failed",  "cancelled"};

using StateCounts = std::array<uint64_t, kTrialStates>;

inline uint64_t Count(const StateCounts& counts, TrialState state) { return counts[static_cast<size_t>(state)]; }

// A slot and what runs on it.
struct SlotProgress {
  std::string device;
  std::string trial;            // arm and seed of its first trial; empty: idle
  size_t trials = 0;            // of its array that have not ended
  uint64_t step = 0;            // taken
  uint64_t steps = 0;           // to take
  double steps_per_second = 0;  // of the whole array; 0: not known yet
};

struct Progress {
  StateCounts counts = {};
  std::vector<SlotProgress> slots;
  double seconds = 0;     // since the run began
  bool stopping = false;  // asked to stop, waiting for checkpoints
};

struct TrialEnd {
  std::string arm;
  uint64_t seed = 0;
  TrialState state = TrialState::kSucceeded;
  double metric = 0;    // the one that counts; NaN: none seen
  std::string message;  // of a failure: "nan: ..."
};

// Called from the runner's one thread, so a slow observer slows the run.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void Begin(const Progress& progress) = 0;
  virtual void TrialEnded(const TrialEnd& end, const Progress& progress) = 0;
  // One line about something unusual.
  virtual void Remark(const std::string& text) = 0;
  // At least five times a second, and when the terminal's size has changed.
  virtual void Tick(const Progress& progress) = 0;
};

}  // namespace ablate::runner
