// Attention statistics as rows, of a snapshot of training or of an analysis. Private to lib/store, within the caller's
// transaction.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "lib/store/name_table.h"
#include "lib/store/sqlite.h"
#include "proto/event.pb.h"

namespace ablate::store {

// Where rows go: tables that have the same columns but for the first, `key`.
struct StatisticTables {
  const char* key;
  const char* heads;
  const char* layers;
  const char* degrees;
};

inline constexpr StatisticTables kSnapshotTables = {"snapshot", "raw_head_statistics", "raw_layer_statistics", "raw_degrees"};
inline constexpr StatisticTables kAnalysisTables = {"evaluation", "evaluation_head_statistics", "evaluation_layer_statistics",
                                                    "evaluation_degrees"};

// Names that statistics are kept by.
struct StatisticNames {
  NameTable& statistics;
  NameTable& attention_kinds;
};

// InvalidArgument where the statistics make no sense.
absl::Status CheckStatistics(const AttentionStatistics& statistics);

// Statistics that have passed CheckStatistics.
absl::Status InsertStatistics(Connection& connection, const StatisticTables& tables, int64_t key,
                              const AttentionStatistics& statistics, StatisticNames names);

}  // namespace ablate::store
