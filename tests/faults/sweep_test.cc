// A small sweep with a fault at any point of runner or worker, and what the next run makes of it: the content of an undisturbed
// one, bit for bit, and nothing left over.
//   $ABLATE_FAULTS       how many faults; "all": each action at each point. Default: 100
//   $ABLATE_FAULT_SEED   which ones. Default: by the clock; printed
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "tests/e2e/workplace.h"
#include "tests/faults/fault.h"

namespace ablate::faults {
namespace {

namespace fs = std::filesystem;
using e2e::Outcome;
using e2e::Points;
using e2e::Workplace;
using States = std::map<std::string, int64_t>;

constexpr int64_t kTrials = 4;
const char* const kRoles[] = {"runner", "worker"};
const char* const kActions[] = {"kill", "killed", "short", "part", "error", "full", "back"};

void CopySweep(Workplace& place) {
  place.Copy("eight_seeds.textproto", {{"count: 8", "count: 4"},
                                       {"steps: 60", "steps: 24"},
                                       {"checkpoint_seconds: 0.02", "checkpoint_seconds: 0"},
                                       {"seeds {", "launching { max_array_trials: 2 }\nseeds {"}});
}

// A run of the sweep with one worker, so that equal points have equal numbers.
Outcome Run(Workplace& place, e2e::Environment environment = {}) {
  environment["ABLATE_FAKE_STEP_US"] = "200";
  return place.Run({"run", "eight_seeds.textproto", "--devices", "cpu:1"}, environment);
}

struct Undisturbed {
  Points points;
  std::map<std::string, uint64_t> counts;  // points of each role
};

Undisturbed RunUndisturbed() {
  Undisturbed result;
  for (const char* const role : kRoles) {
    Workplace place(role);
    CopySweep(place);
    const Injection counting({role, "count", 0}, place.folder());
    EXPECT_EQ(Run(place, counting.environment()).code, 0);
    result.points = place.MetricPoints();
    result.counts[role] = counting.points();
  }
  return result;
}

std::vector<Fault> ChooseFaults(const Undisturbed& undisturbed) {
  std::vector<Fault> faults;
  for (const auto& [role, points] : undisturbed.counts) {
    for (const char* const action : kActions) {
      for (uint64_t at = 1; at <= points; ++at) faults.push_back({role, action, at});
    }
  }
  const char* const wanted = std::getenv("ABLATE_FAULTS");
  if (wanted != nullptr && std::string(wanted) == "all") return faults;
  const char* const chosen = std::getenv("ABLATE_FAULT_SEED");
  const uint64_t seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10)
                                          : std::chrono::system_clock::now().time_since_epoch().count() % 1'000'000;
  std::printf("ABLATE_FAULT_SEED=%lu chooses of %zu\n", seed, faults.size());
  std::mt19937_64 random(seed);
  std::shuffle(faults.begin(), faults.end(), random);
  faults.resize(std::min<size_t>(faults.size(), wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100));
  return faults;
}

// Files that a finished sweep has no use for.
std::vector<std::string> StrayFiles(Workplace& place) {
  static const std::vector<std::string> kTop = {"eight_seeds.textproto", "results.db",          "results.db-shm",
                                                "results.db-wal",        "results.db.launches", "results.db.lock"};
  static const std::vector<std::string> kOfLaunch = {"events.log", "launch.pb", "log.txt"};
  const auto among = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string> stray;
  for (const auto& entry : fs::directory_iterator(place.folder())) {
    const std::string name = entry.path().filename();
    const bool is_ours = name == "injection" || name.rfind("out.", 0) == 0 || name.rfind("err.", 0) == 0;
    if (!is_ours && !among(kTop, name)) stray.push_back(name);
  }
  const std::vector<std::string> recorded = place.Column("SELECT name FROM launches");
  for (const auto& launch : fs::directory_iterator(place.Path("results.db.launches"))) {
    const std::string name = launch.path().filename();
    if (!among(recorded, name)) stray.push_back(name + ", of which the database does not know");
    for (const auto& entry : fs::directory_iterator(launch)) {
      if (!among(kOfLaunch, entry.path().filename())) stray.push_back(name + "/" + entry.path().filename().string());
    }
  }
  return stray;
}

void ExpectWhole(Workplace& place, const Undisturbed& undisturbed) {
  EXPECT_EQ(place.States(), (States{{"succeeded", kTrials}}));
  EXPECT_TRUE(place.MetricPoints() == undisturbed.points) << "other points than those of an undisturbed run";
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM attempts WHERE outcome IS NULL"), 0);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL"), 0);
  EXPECT_EQ(place.Column("PRAGMA integrity_check"), std::vector<std::string>{"ok"});
  EXPECT_THAT(StrayFiles(place), ::testing::IsEmpty());
  EXPECT_THAT(e2e::LiveWorkers(), ::testing::IsEmpty());
}

// What happened, of all faults.
struct Tally {
  std::map<std::string, int> points;  // "runner pwrite results.db-wal" -> faults there
  int happened = 0, unnoticed = 0, retried = 0;
};

// A fault, a run without it, and a retry of trials that the fault made fail.
void Disturb(const Fault& fault, const Undisturbed& undisturbed, Tally& tally) {
  SCOPED_TRACE(Name(fault));
  Workplace place(fmt::format("{}{}{}", fault.role, fault.action, fault.at));
  CopySweep(place);
  const Injection injection(fault, place.folder());
  const Outcome disturbed = Run(place, injection.environment());
  EXPECT_NE(disturbed.code, -SIGSEGV) << disturbed.err;
  EXPECT_NE(disturbed.code, -SIGABRT) << disturbed.err;
  const std::string where = injection.Where();
  if (!where.empty()) {
    ++tally.happened;
    ++tally.points[fault.role + " " + where];
  }
  if (disturbed.code == 0) ++tally.unnoticed;
  Outcome next = disturbed.code == 0 ? disturbed : Run(place);
  if (next.code == 1) {
    ++tally.retried;
    EXPECT_EQ(place.Run({"retry", "eight_seeds"}).code, 0);
    next = Run(place);
  }
  EXPECT_EQ(next.code, 0) << where << "\n"
                          << next.out << next.err << "the disturbed run said:\n"
                          << disturbed.out << disturbed.err;
  ExpectWhole(place, undisturbed);
  if (!::testing::Test::HasFailure()) fs::remove_all(place.folder());
}

TEST(Sweep, IsWholeAfterAFaultAtAnyPoint) {
  const Undisturbed undisturbed = RunUndisturbed();
  ASSERT_EQ(undisturbed.points.empty(), false);
  const std::vector<Fault> faults = ChooseFaults(undisturbed);
  Tally tally;
  for (const Fault& fault : faults) {
    Disturb(fault, undisturbed, tally);
    if (HasFatalFailure()) break;
  }
  std::printf(
      "%zu faults at %zu points of runner and %zu of worker: %d happened, %d runs did not need to be repeated, in %d "
      "a trial failed and was retried\n",
      faults.size(), undisturbed.counts.at("runner"), undisturbed.counts.at("worker"), tally.happened, tally.unnoticed,
      tally.retried);
  for (const auto& [point, times] : tally.points) std::printf("  %5d  %s\n", times, point.c_str());
  // A point that a disturbed run does not reach in the order of the undisturbed one is rare.
  EXPECT_GE(tally.happened, static_cast<int>(faults.size() * 9 / 10));
}

}  // namespace
}  // namespace ablate::faults
