#include "lib/store/statistics_rows.h"

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::store {
namespace {

absl::Status InsertHeads(Connection& connection, const StatisticTables& tables, int64_t key,
                         const AttentionStatistics& statistics, StatisticNames names) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare(fmt::format("INSERT OR REPLACE INTO {} ({}, attention, layer, head, statistic, value) "
                                                  "VALUES (?, ?, ?, ?, ?, ?)",
                                                  tables.heads, tables.key)));
  for (const HeadStatistic& one : statistics.head()) {
    ASSIGN_OR_RETURN(const int64_t attention, names.attention_kinds.KeyOf(one.attention()));
    ASSIGN_OR_RETURN(const int64_t statistic, names.statistics.KeyOf(one.statistic()));
    RETURN_IF_ERROR(insert.Integer(key)
                        .Integer(attention)
                        .Integer(one.layer())
                        .Integer(one.head())
                        .Integer(statistic)
                        .Real(one.value())
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status InsertLayers(Connection& connection, const StatisticTables& tables, int64_t key,
                          const AttentionStatistics& statistics, StatisticNames names) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare(fmt::format("INSERT OR REPLACE INTO {} ({}, attention, layer, statistic, value) "
                                                  "VALUES (?, ?, ?, ?, ?)",
                                                  tables.layers, tables.key)));
  for (const LayerStatistic& one : statistics.layer()) {
    ASSIGN_OR_RETURN(const int64_t attention, names.attention_kinds.KeyOf(one.attention()));
    ASSIGN_OR_RETURN(const int64_t statistic, names.statistics.KeyOf(one.statistic()));
    RETURN_IF_ERROR(insert.Integer(key).Integer(attention).Integer(one.layer()).Integer(statistic).Real(one.value()).Run());
  }
  return absl::OkStatus();
}

absl::Status InsertDegrees(Connection& connection, const StatisticTables& tables, int64_t key,
                           const AttentionStatistics& statistics, StatisticNames names) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare(fmt::format("INSERT OR REPLACE INTO {} ({}, attention, layer, head, direction, degree, "
                                                  "count) VALUES (?, ?, ?, ?, ?, ?, ?)",
                                                  tables.degrees, tables.key)));
  for (const DegreeDistribution& degrees : statistics.degrees()) {
    ASSIGN_OR_RETURN(const int64_t attention, names.attention_kinds.KeyOf(degrees.attention()));
    for (int i = 0; i < degrees.degree_size(); ++i) {
      RETURN_IF_ERROR(insert.Integer(key)
                          .Integer(attention)
                          .Integer(degrees.layer())
                          .Integer(degrees.head())
                          .Text(degrees.direction())
                          .Integer(degrees.degree(i))
                          .Integer(static_cast<int64_t>(degrees.count(i)))
                          .Run());
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckStatistics(const AttentionStatistics& statistics) {
  for (const DegreeDistribution& degrees : statistics.degrees()) {
    if (degrees.degree_size() != degrees.count_size()) {
      return absl::InvalidArgumentError(fmt::format("{} degrees with {} counts", degrees.degree_size(), degrees.count_size()));
    }
    if (degrees.direction() != "in" && degrees.direction() != "out") {
      return absl::InvalidArgumentError(fmt::format("direction '{}' is neither 'in' nor 'out'", degrees.direction()));
    }
  }
  return absl::OkStatus();
}

absl::Status InsertStatistics(Connection& connection, const StatisticTables& tables, int64_t key,
                              const AttentionStatistics& statistics, StatisticNames names) {
  RETURN_IF_ERROR(InsertHeads(connection, tables, key, statistics, names));
  RETURN_IF_ERROR(InsertLayers(connection, tables, key, statistics, names));
  return InsertDegrees(connection, tables, key, statistics, names);
}

}  // namespace ablate::store
