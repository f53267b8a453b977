// Counts through the combinations of sweeps and makes arms and trials of them, each once.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/spec/data_files.h"
#include "lib/spec/identity.h"
#include "lib/spec/plan.h"
#include "lib/spec/rules.h"
#include "lib/spec/sweeps.h"
#include "lib/spec/values.h"

namespace ablate::spec {

class Expansion {
 public:
  Expansion(const Seeds& seeds, Loading* loading, DataFiles* files, Plan* plan);

  // Adds the trials of a sweep to the plan. Once something is wrong only mistakes are looked for.
  void Add(SweepPlan* sweep);

  // After the last sweep: fields set but never read, sweeps' arms that were equal.
  void Finish();

  // The arm that goes by this name, also if it was folded into another; null if there is none.
  const std::string* FindArm(const std::string& name) const;

 private:
  // A sweep as it is counted through.
  struct Tally {
    SweepPlan* sweep;
    std::string title;  // in messages
    uint64_t combinations = 0;
    uint64_t kept = 0;
    uint64_t repeated = 0;  // equal to an earlier one in all that is read
  };

  // Arms of one sweep that are equal to arms of another one, or of itself.
  struct Fold {
    uint64_t arms = 0;
    std::string first, first_kept;
  };

  void AddBlock(const Block& block, Tally* tally);
  void AddCombination(const Block& block, const Values& values, Tally* tally);
  bool IsExcluded(const Values& values, SweepPlan* sweep) const;
  void TallyOrigins(const Values& values);
  std::string NameOf(const SweepPlan& sweep, const Block& block, const Values& values) const;
  void AddArm(const std::string& name, const Values& values, Tally* tally);
  void AddTrials(const std::string& name, const std::string& first_id, const CanonicalText& text, const Values& values);
  void FinishSweep(const Tally& tally);
  void FinishOrigin(const Origin& origin);
  void Remark(const Place& place, const std::string& remark);

  const Seeds& seeds_;
  Loading& loading_;
  DataFiles& files_;
  Plan& plan_;
  Rules rules_;
  std::vector<char> reads_;                                // by field, of the combination at hand
  std::vector<char> read_anywhere_;                        // by field
  Trial trial_;                                            // kept, so that its messages are made once
  std::vector<std::string> sweeps_;                        // titles
  std::vector<size_t> sweep_of_arm_;                       // by number of the arm in the plan
  absl::flat_hash_map<std::string, size_t> arms_by_id_;    // numbers of arms, by the id of the first seed's trial
  absl::flat_hash_map<std::string, size_t> arms_by_name_;  // also by the names of those that were folded
  std::map<std::pair<size_t, size_t>, Fold> folds_;        // by (sweep, sweep of the arms kept)
};

}  // namespace ablate::spec
