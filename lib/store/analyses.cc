#include "lib/store/analyses.h"

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::store {
namespace {

absl::Status InsertRelations(Connection& connection, int64_t evaluation, const EvaluationResult& result, StatisticNames names) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR REPLACE INTO evaluation_relations (evaluation, attention, layer, head, "
                                      "relation, direction, pairs, correct) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const RelationAccuracy& relation : result.relation()) {
    ASSIGN_OR_RETURN(const int64_t attention, names.attention_kinds.KeyOf(relation.attention()));
    RETURN_IF_ERROR(insert.Integer(evaluation)
                        .Integer(attention)
                        .Integer(relation.layer())
                        .Integer(relation.head())
                        .Text(relation.relation())
                        .Text(relation.direction())
                        .Integer(static_cast<int64_t>(relation.pairs()))
                        .Integer(static_cast<int64_t>(relation.correct()))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status InsertBaselines(Connection& connection, int64_t evaluation, const EvaluationResult& result) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR REPLACE INTO evaluation_relation_baselines (evaluation, relation, direction, "
                                      "pairs, best_offset, best_offset_correct, random_share) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const RelationBaseline& baseline : result.relation_baseline()) {
    RETURN_IF_ERROR(insert.Integer(evaluation)
                        .Text(baseline.relation())
                        .Text(baseline.direction())
                        .Integer(static_cast<int64_t>(baseline.pairs()))
                        .Integer(baseline.best_offset())
                        .Integer(static_cast<int64_t>(baseline.best_offset_correct()))
                        .Real(baseline.random_share())
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status InsertDistances(Connection& connection, int64_t evaluation, const EvaluationResult& result) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR REPLACE INTO evaluation_distances (evaluation, method, distance, pairs, mean, "
                                      "by_offset, random) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const AttributionByDistance& distance : result.distance()) {
    RETURN_IF_ERROR(insert.Integer(evaluation)
                        .Text(distance.method())
                        .Integer(distance.distance())
                        .Integer(static_cast<int64_t>(distance.pairs()))
                        .Real(distance.mean())
                        .Real(distance.by_offset())
                        .Real(distance.random())
                        .Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InsertAnalysis(Connection& connection, int64_t evaluation, const EvaluationResult& result, StatisticNames names) {
  RETURN_IF_ERROR(InsertStatistics(connection, kAnalysisTables, evaluation, result.statistics(), names));
  RETURN_IF_ERROR(InsertRelations(connection, evaluation, result, names));
  RETURN_IF_ERROR(InsertBaselines(connection, evaluation, result));
  return InsertDistances(connection, evaluation, result);
}

}  // namespace ablate::store
