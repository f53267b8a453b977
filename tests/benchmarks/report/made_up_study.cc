#include "tests/benchmarks/report/made_up_study.h"

#include <sqlite3.h>

#include "fmt/format.h"
#include "lib/store/writer.h"

namespace ablate::benchmarks {
namespace {

// Values are arithmetic on the row's numbers, with many digits, as measured ones have.
constexpr char kStudy[] = R"sql(
BEGIN;
CREATE TEMP TABLE numbers AS
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 499) SELECT i FROM n;
INSERT INTO metrics (metric, name) VALUES
  (1, 'validation/accuracy'), (2, 'validation/loss'), (3, 'train/loss'), (4, 'train/gradient_norm'), (5, 'train/learning_rate');
INSERT INTO experiments (experiment, name, question, text, digest, metric, goal, at, recorded_us)
  VALUES (1, 'made_up', 'How large does a report get?', 'name: "made_up"', '', 1, 'MAXIMIZE', 'LAST', 0);
INSERT INTO trials (trial, trial_id, task, model, normalizer, alpha, alpha_learned, sparsity_structure, seed, finished_step)
  SELECT i + 1, printf('%032x', i + 1), 'recall', 'encoder', 'entmax', 1.05 + i / 50 * 0.1, 1, 'NONE', i % 5 + 1, 400
  FROM numbers;
INSERT INTO trial_settings (trial, field, value)
  SELECT i + 1, 'attention.normalizer', 'entmax' FROM numbers
  UNION ALL SELECT i + 1, 'attention.alpha', printf('%.2f', 1.05 + i / 50 * 0.1) FROM numbers
  UNION ALL SELECT i + 1, 'attention.alpha_learned', 'true' FROM numbers
  UNION ALL SELECT i + 1, 'optimizer.learning_rate', printf('%g', 0.0001 * (i / 5 % 10 + 1)) FROM numbers
  UNION ALL SELECT i + 1, 'seed', CAST(i % 5 + 1 AS TEXT) FROM numbers
  UNION ALL SELECT i + 1, 'task', 'recall' FROM numbers
  UNION ALL SELECT i + 1, 'model', 'encoder' FROM numbers;
INSERT INTO experiment_trials (experiment, trial, position, arm, arm_position, state)
  SELECT 1, i + 1, i, printf('alpha=%.2f learning_rate=%g', 1.05 + i / 50 * 0.1, 0.0001 * (i / 5 % 10 + 1)), i / 5, 'succeeded'
  FROM numbers;
INSERT INTO trial_results (experiment, trial, last_step, last_value, best_step, best_value)
  SELECT 1, i + 1, 400, 0.8 + (i * 37 % 101) / 1013.0, 400, 0.8 + (i * 37 % 101) / 1013.0 FROM numbers;
INSERT INTO launches (launch, name, folder, backend, device, command_line, git_commit, git_diff_digest, ablate_version,
                      recorded_us, host, device_name, threads, versions, begin_us, end_us, seconds, peak_bytes, exit_reason)
  SELECT i + 1, printf('launch %d', i), 'l', 'local', 'cpu', 'ablate run made_up.textproto', '', '', '0.1.0', 0, 'h', 'a CPU',
         1, 'ablate 0.1.0', i * 1000000, i * 1000000 + 1000000, 20.5 + i, 1000000, 'ended'
  FROM numbers WHERE i < 25;
INSERT INTO attempts (attempt, trial, launch, number, first_step, begin_us, end_us, last_step, outcome)
  SELECT i + 1, i + 1, i / 20 + 1, 1, 1, 0, 1, 400, 'succeeded' FROM numbers;
INSERT INTO raw_metric_points (attempt, metric, step, value)
  SELECT t.i + 1, m.metric, s.i, 1 / (1 + 0.01 * s.i) + (t.i * 31 % 97) / 997.0
  FROM numbers t JOIN metrics m ON m.metric > 2 JOIN numbers s ON s.i BETWEEN 1 AND 400
  UNION ALL SELECT t.i + 1, m.metric, s.i * 100, 0.9 - 1 / (5.0 + s.i) + (t.i * 37 % 101) / 1013.0
  FROM numbers t JOIN metrics m ON m.metric < 3 JOIN numbers s ON s.i BETWEEN 1 AND 4;
INSERT INTO snapshots (snapshot, attempt, step) SELECT 4 * t.i + s.i, t.i + 1, s.i * 100
  FROM numbers t JOIN numbers s ON s.i BETWEEN 1 AND 4;
INSERT INTO attention_kinds (attention, name) VALUES (1, 'encoder');
INSERT INTO statistics (statistic, name) VALUES
  (1, 'alpha'), (2, 'density'), (3, 'distance'), (4, 'effective_keys'), (5, 'entropy'), (6, 'farthest_key'),
  (7, 'first_token_mass'), (8, 'gini'), (9, 'in_degree_off'), (10, 'in_degree_rms'), (11, 'k_regular_columns'),
  (12, 'k_regular_rows'), (13, 'largest_weight'), (14, 'left_mass'), (15, 'mass_at_+1'), (16, 'mass_at_+2'), (17, 'mass_at_-1'),
  (18, 'mass_at_-2'), (19, 'mass_at_0'), (20, 'out_degree_off'), (21, 'out_degree_rms'), (22, 'right_mass'),
  (23, 'rows_without_mass'), (24, 'single_key_rows'), (25, 'spectral_gap'), (26, 'support_size'),
  (31, 'effective_receptive_field'), (32, 'js_diversity'), (33, 'js_pairwise'), (34, 'js_share'), (35, 'layer_spectral_gap'),
  (36, 'reach'), (37, 'reached_all');
INSERT INTO raw_head_statistics (snapshot, attention, layer, head, statistic, value)
  SELECT s.snapshot, 1, h.i / 12, h.i % 12, n.statistic, (s.snapshot * 7 + h.i * 13 + n.statistic * 3) % 991 / 991.0
  FROM snapshots s JOIN statistics n ON n.statistic <= CASE s.step WHEN 400 THEN 26 ELSE 2 END JOIN numbers h ON h.i < 72;
INSERT INTO raw_layer_statistics (snapshot, attention, layer, statistic, value)
  SELECT s.snapshot, 1, l.i, n.statistic, (s.snapshot * 7 + l.i * 13 + n.statistic * 3) % 991 / 991.0
  FROM snapshots s JOIN statistics n ON n.statistic > 30 JOIN numbers l ON l.i < 6 WHERE s.step = 400;
INSERT INTO raw_degrees (snapshot, attention, layer, head, direction, degree, count)
  SELECT s.snapshot, 1, h.i % 72 / 12, h.i % 12, CASE h.i / 72 WHEN 0 THEN 'out' ELSE 'in' END, d.i * 3 + s.snapshot % 3,
         1000 / (1 + d.i)
  FROM snapshots s JOIN numbers h ON h.i < 144 JOIN numbers d ON d.i < 10 WHERE s.step = 400;
COMMIT;
)sql";

}  // namespace

absl::Status WriteMadeUpStudy(const std::string& path) {
  if (const auto writer = store::Writer::Open(path); !writer.ok()) return writer.status();
  sqlite3* database = nullptr;
  absl::Status status;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK ||
      sqlite3_exec(database, kStudy, nullptr, nullptr, nullptr) != SQLITE_OK) {
    status = absl::InternalError(fmt::format("{}: {}", path, sqlite3_errmsg(database)));
  }
  sqlite3_close(database);
  return status;
}

}  // namespace ablate::benchmarks
