#include "runner/scheduler/recorded_costs.h"

#include <algorithm>
#include <vector>

#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

// Resident with a model of almost nothing (measured: 136 MB). Where there is more of it, it counts as the trials': what a
// launch tells stays an upper bound. Unit: bytes.
constexpr uint64_t kLeastWorkerBytes = 130'000'000;

constexpr char kLaunches[] = R"(
SELECT l.shape, l.device, COUNT(*), l.seconds, COALESCE(l.device_peak_bytes, l.peak_bytes), l.device_peak_bytes IS NOT NULL,
       l.slot_bytes, SUM(MAX(0, COALESCE(a.last_step - a.first_step + 1, 0))),
       SUM(COALESCE(a.outcome IN ('succeeded', 'left'), 0)), SUM(COALESCE(a.failure_class = 'out_of_memory', 0))
FROM launches l JOIN attempts a USING (launch) WHERE l.shape IS NOT NULL GROUP BY l.launch)";

template <typename T>
T At(const std::vector<store::Value>& row, size_t column) {
  if (const auto* number = std::get_if<int64_t>(&row[column])) return static_cast<T>(*number);
  if (const auto* number = std::get_if<double>(&row[column])) return static_cast<T>(*number);
  return T{};
}

void AddLaunch(const std::vector<store::Value>& row, RecordedCost* cost) {
  const auto trials = At<uint32_t>(row, 2);
  const auto steps = At<uint64_t>(row, 7);
  if (At<uint32_t>(row, 9) > 0 && (cost->out_of_memory_trials == 0 || trials < cost->out_of_memory_trials)) {
    cost->out_of_memory_trials = trials;
    cost->out_of_memory_slot_bytes = At<uint64_t>(row, 6);
  }
  const bool ended = !std::holds_alternative<std::monostate>(row[3]);
  if (!ended || steps == 0 || At<uint32_t>(row, 8) == 0) return;
  cost->seconds += At<double>(row, 3);
  cost->trial_steps += steps;
  const auto peak = At<uint64_t>(row, 4);
  if (peak == 0) return;
  const uint64_t overhead = At<bool>(row, 5) ? 0 : kLeastWorkerBytes;
  const uint64_t per_trial = std::max<uint64_t>(1, (peak > overhead ? peak - overhead : 0) / trials);
  cost->trial_bytes = cost->trial_bytes == 0 ? per_trial : std::min(cost->trial_bytes, per_trial);
}

}  // namespace

std::string DeviceKind(const std::string& device) { return device.substr(0, device.find(':')); }

absl::StatusOr<RecordedCosts> ReadRecordedCosts(const store::Reader& reader) {
  RecordedCosts costs;
  RETURN_IF_ERROR(reader.ForEachRow(kLaunches, {}, [&](const auto&, const std::vector<store::Value>& row) {
    AddLaunch(row, &costs[{std::get<std::string>(row[0]), DeviceKind(std::get<std::string>(row[1]))}]);
    return true;
  }));
  return costs;
}

}  // namespace ablate::runner
