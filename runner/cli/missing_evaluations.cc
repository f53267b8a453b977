#include "runner/cli/missing_evaluations.h"

#include <set>
#include <utility>

#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

// The files of weights of trials that succeeded, the newest last.
constexpr char kWeights[] =
    "SELECT t.trial_id, l.folder, c.path FROM trials t JOIN attempts a USING (trial) JOIN checkpoints c USING (attempt)"
    "  JOIN launches l USING (launch)"
    " WHERE t.finished_step IS NOT NULL AND c.step = t.finished_step AND c.step < a.void_from ORDER BY a.attempt";

absl::StatusOr<std::set<std::string>> KnownEvaluations(const store::Reader& reader) {
  std::set<std::string> known;
  RETURN_IF_ERROR(
      reader.ForEachRow("SELECT evaluation_id FROM evaluations", {}, [&](const auto&, const std::vector<store::Value>& row) {
        known.insert(std::get<std::string>(row[0]));
        return true;
      }));
  return known;
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> WeightsOf(const store::Reader& reader, const std::string& database) {
  std::map<std::string, std::string> weights;  // by trial; "": there are none
  RETURN_IF_ERROR(reader.ForEachRow("SELECT trial_id FROM trials WHERE finished_step IS NOT NULL", {},
                                    [&](const auto&, const std::vector<store::Value>& row) {
                                      weights[std::get<std::string>(row[0])] = "";
                                      return true;
                                    }));
  RETURN_IF_ERROR(reader.ForEachRow(kWeights, {}, [&](const auto&, const std::vector<store::Value>& row) {
    const auto text = [&](int i) { return std::get<std::string>(row[i]); };
    const std::string path = JoinPath(JoinPath(ParentFolder(database), text(1)), text(2));
    if (FileExists(path)) weights[text(0)] = path;
    return true;
  }));
  return weights;
}

absl::StatusOr<std::string> DigestOfSet(const EvaluationSet& set, const std::string& data_folder) {
  absl::StatusOr<std::string> digest = Sha256OfFile(JoinPath(data_folder, set.file()));
  if (digest.ok()) return digest;
  return absl::NotFoundError(fmt::format("evaluation \"{}\": {}", set.name(), std::string(digest.status().message())));
}

absl::StatusOr<MissingEvaluations> FindMissingEvaluations(const spec::Plan& plan, const std::vector<WantedEvaluation>& wanted,
                                                          const store::Reader& reader, const std::string& database) {
  ASSIGN_OR_RETURN(const auto weights, WeightsOf(reader, database));
  ASSIGN_OR_RETURN(const std::set<std::string> known, KnownEvaluations(reader));
  MissingEvaluations missing;
  for (const spec::PlannedTrial& trial : plan.trials) {
    const auto found = weights.find(trial.id);
    missing.unfinished += found == weights.end();
    if (found == weights.end()) continue;
    TrialRequest request;
    for (const WantedEvaluation& one : wanted) {
      const std::string id = Sha256(one.identity + trial.id).substr(0, 32);
      missing.there += known.count(id);
      if (known.count(id) > 0) continue;
      EvaluationRequest& evaluation = *request.add_evaluation();
      evaluation = one.request;
      evaluation.set_id(id);
    }
    if (request.evaluation_size() == 0) continue;
    if (found->second.empty()) {
      missing.without_weights.push_back(trial.id);
      continue;
    }
    request.set_id(trial.id);
    request.set_checkpoint(found->second);
    *request.mutable_trial() = trial.trial();
    missing.evaluations += request.evaluation_size();
    missing.trials.push_back(std::move(request));
  }
  return missing;
}

}  // namespace ablate::runner
