-- One small sweep, as the writer would have stored it. Values are such that means can be computed by hand.
INSERT INTO metrics (metric, name) VALUES (1, 'validation/accuracy'), (2, 'validation/loss');

INSERT INTO experiments (experiment, name, question, text, digest, metric, goal, at, recorded_us) VALUES
  (1, 'small', 'Is it so?', '', '', 1, 'MAXIMIZE', 'LAST', 0),
  (2, 'losses', 'Is it low?', '', '', 2, 'MINIMIZE', 'BEST', 0),
  (3, 'grid', 'Do they add up?', '', '', 1, 'MAXIMIZE', 'LAST', 0);

INSERT INTO trials (trial, trial_id, task, model, normalizer, alpha, alpha_learned, top_k, sparsity_structure, sparsity_level,
                    k, seed, finished_step) VALUES
  (1, 'd1', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'NONE', NULL, NULL, 1, 10),
  (2, 'd2', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'NONE', NULL, NULL, 2, 10),
  (3, 'd3', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'NONE', NULL, NULL, 3, 10),
  (4, 'e1', 'recall', 'encoder', 'entmax', 1.5, 1, NULL, 'NONE', NULL, NULL, 1, 10),
  (5, 'e2', 'recall', 'encoder', 'entmax', 1.5, 1, NULL, 'NONE', NULL, NULL, 2, 10),
  (6, 'e3', 'recall', 'encoder', 'entmax', 1.5, 1, NULL, 'NONE', NULL, NULL, 3, NULL),
  (7, 'l1', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'TOP_K_PER_QUERY', 0.5, NULL, 1, 10),
  (8, 'l2', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'TOP_K_PER_QUERY', 0.5, NULL, 2, 10),
  (9, 'l3', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'TOP_K_PER_QUERY', 0.5, NULL, 3, NULL),
  (10, 'k1', 'recall', 'encoder', 'sparsemax', NULL, NULL, NULL, 'NONE', NULL, 2, 1, 10),
  (11, 'w1', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'NONE', NULL, NULL, 1, NULL),
  (12, 'g1', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'NONE', NULL, NULL, 1, 10),
  (13, 'g2', 'recall', 'encoder', 'softmax', NULL, NULL, NULL, 'WINDOW', 0.5, NULL, 1, 10),
  (14, 'g3', 'recall', 'encoder', 'sparsemax', NULL, NULL, NULL, 'NONE', NULL, NULL, 1, 10),
  (15, 'g4', 'recall', 'encoder', 'sparsemax', NULL, NULL, NULL, 'WINDOW', 0.5, NULL, 1, 10);

INSERT INTO trial_settings (trial, field, value)
  SELECT trial, 'seed', CAST(seed AS TEXT) FROM trials UNION ALL SELECT 11, 'model.encoder.layers', '4';

INSERT INTO experiment_trials (experiment, trial, position, arm, arm_position, state) VALUES
  (1, 1, 0, 'dense', 0, 'succeeded'), (1, 2, 1, 'dense', 0, 'succeeded'), (1, 3, 2, 'dense', 0, 'succeeded'),
  (1, 4, 3, 'entmax', 1, 'succeeded'), (1, 5, 4, 'entmax', 1, 'succeeded'), (1, 6, 5, 'entmax', 1, 'failed'),
  (1, 7, 6, 'level=0.5', 2, 'succeeded'), (1, 8, 7, 'level=0.5', 2, 'succeeded'), (1, 9, 8, 'level=0.5', 2, 'running'),
  (1, 10, 9, 'k=2', 3, 'succeeded'), (1, 11, 10, 'layers=4', 4, 'pending'),
  (2, 1, 0, 'dense', 0, 'succeeded'), (2, 2, 1, 'dense', 0, 'succeeded'), (2, 7, 2, 'level=0.5', 1, 'succeeded'),
  (3, 12, 0, 'a', 0, 'succeeded'), (3, 13, 1, 'b', 1, 'succeeded'), (3, 14, 2, 'c', 2, 'succeeded'), (3, 15, 3, 'd', 3, 'succeeded');

-- l2's last accuracy is NaN; l3 is unfinished, and its 0.9 counts for nothing.
INSERT INTO trial_results (experiment, trial, last_step, last_value, best_step, best_value) VALUES
  (1, 1, 10, 0.5, 5, 0.9), (1, 2, 10, 0.625, 10, 0.625), (1, 3, 10, 0.75, 10, 0.75),
  (1, 4, 10, 0.75, 10, 0.75), (1, 5, 10, 0.75, 10, 0.75), (1, 6, 5, 0.875, 5, 0.875),
  (1, 7, 10, 0.25, 10, 0.25), (1, 8, 10, NULL, 5, 0.25), (1, 9, 5, 0.9, 5, 0.9), (1, 10, 10, 0.75, 10, 0.75),
  (2, 1, 10, 3, 5, 2), (2, 2, 10, 4, 10, 4), (2, 7, 10, 9, 10, 1),
  (3, 12, 10, 1, 10, 1), (3, 13, 10, 2, 10, 2), (3, 14, 10, 3, 10, 3), (3, 15, 10, 10, 10, 10);

INSERT INTO launches (launch, name, folder, backend, device, command_line, git_commit, git_diff_digest, ablate_version,
                      recorded_us, host, pid, device_name, threads, versions, begin_us, end_us, seconds, peak_bytes,
                      exit_reason, collected) VALUES
  (1, 'one', 'r.db.launches/one', 'local', 'cpu', '', '', '', '0.1.0', 0, 'h', 7, 'a CPU', 1, 'ablate 0.1.0; torch 2.11.0',
   1700000000000000, 1700000004000000, 4, 2097152, 'ended', 9),
  (2, 'two', 'r.db.launches/two', 'local', 'cpu', '', '', '', '0.1.0', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   'crashed (signal 9)', 0),
  (3, 'three', 'r.db.launches/three', 'local', 'cpu', '', '', '', '0.1.0', 0, 'h', 8, 'a CPU', 1, 'ablate 0.1.0',
   1700000010000000, NULL, NULL, NULL, NULL, 5);

-- d1 was trained to step 10 in launch one, and again from step 6 on in launch three.
INSERT INTO attempts (attempt, trial, launch, number, first_step, void_from, begin_us, end_us, last_step, outcome,
                      failure_class, message) VALUES
  (1, 1, 1, 1, 1, 6, 0, 1700000004000000, 10, 'left', NULL, NULL),
  (2, 4, 1, 1, 1, 9223372036854775807, 0, 1700000004000000, 10, 'succeeded', NULL, NULL),
  (3, 6, 1, 1, 1, 9223372036854775807, 0, 1700000004000000, 5, 'failed', 'nan', 'the loss is NaN at step 5'),
  (4, 9, 2, NULL, NULL, 9223372036854775807, NULL, 1700000007000000, NULL, 'crashed', 'crash', 'killed by signal 9'),
  (5, 1, 3, 2, 6, 9223372036854775807, 0, NULL, 10, 'succeeded', NULL, NULL),
  (6, 9, 3, 1, 1, 9223372036854775807, 0, NULL, 5, NULL, NULL, NULL),
  (7, 10, 3, 1, 1, 9223372036854775807, 0, NULL, 10, 'succeeded', NULL, NULL);

INSERT INTO raw_metric_points (attempt, metric, step, value) VALUES
  (1, 1, 5, 0.25), (1, 1, 10, 0.125), (5, 1, 10, 0.5), (2, 1, 5, 0.5), (2, 1, 10, 0.75), (1, 2, 5, 2), (1, 2, 10, 1),
  (5, 2, 10, NULL), (7, 1, 10, 9e999);

INSERT INTO statistics (statistic, name) VALUES
  (1, 'alpha'), (2, 'density'), (3, 'entropy'), (4, 'support_size'), (5, 'k_regular_rows'), (6, 'k_regular_columns'),
  (7, 'js_diversity');
INSERT INTO attention_kinds (attention, name) VALUES (1, 'encoder');

-- Snapshot 2 is void: step 10 of launch one was taken again.
INSERT INTO snapshots (snapshot, attempt, step) VALUES (1, 1, 5), (2, 1, 10), (3, 5, 10), (4, 2, 5), (5, 2, 10), (6, 7, 10);
INSERT INTO raw_head_statistics (snapshot, attention, layer, head, statistic, value) VALUES
  (1, 1, 0, 0, 2, 1), (2, 1, 0, 0, 2, 0.125), (3, 1, 0, 0, 2, 1), (3, 1, 0, 0, 3, 2.5), (3, 1, 0, 0, 4, 8),
  (4, 1, 0, 0, 2, 0.9), (4, 1, 0, 0, 1, 1.5), (5, 1, 0, 0, 2, 0.5), (5, 1, 0, 0, 3, 1.25), (5, 1, 0, 0, 4, 4), (5, 1, 0, 0, 1, 1.75),
  (5, 1, 0, 1, 2, 0.25), (5, 1, 0, 1, 3, NULL), (5, 1, 0, 1, 4, 2), (5, 1, 0, 1, 1, 1.25),
  (6, 1, 0, 0, 5, 0.5), (6, 1, 0, 1, 5, 1), (6, 1, 0, 0, 6, 0.25), (6, 1, 0, 1, 6, 0.25);
INSERT INTO raw_layer_statistics (snapshot, attention, layer, statistic, value) VALUES (5, 1, 0, 7, 0.5), (2, 1, 0, 7, 0.25);
INSERT INTO raw_degrees (snapshot, attention, layer, head, direction, degree, count) VALUES
  (6, 1, 0, 0, 'out', 2, 4), (6, 1, 0, 0, 'out', 3, 4), (6, 1, 0, 1, 'out', 2, 8),
  (6, 1, 0, 0, 'in', 0, 4), (6, 1, 0, 0, 'in', 5, 4), (6, 1, 0, 1, 'in', 2, 8);

INSERT INTO messages (message, launch, trial, time_us, severity, text) VALUES
  (1, 1, NULL, 1700000000000000, 'INFO', 'one thread'), (2, 1, 6, 1700000004000000, 'ERROR', 'the loss is NaN at step 5');

-- d1 and e1 on a second set of three rows.
INSERT INTO evaluations (evaluation, evaluation_id, trial, launch, name, settings, step, examples, evaluated_us) VALUES
  (1, 'v1', 1, 1, 'robust', 'name: "robust" file: "r.tsv"', 10, 3, 1700000020000000),
  (2, 'v2', 4, 1, 'robust', 'name: "robust" file: "r.tsv"', 10, 3, 1700000021000000);
INSERT INTO evaluation_metrics (evaluation, metric, value) VALUES (1, 'accuracy', 0.25), (1, 'loss', NULL), (2, 'accuracy', 0.5);
INSERT INTO evaluation_classes (evaluation, class, name) VALUES (1, 0, 'bad'), (1, 1, 'good'), (2, 0, 'bad'), (2, 1, 'good');
INSERT INTO evaluation_predictions (evaluation, line, label, prediction, score) VALUES
  (1, 2, 1, 1, 0.75), (1, 3, 1, 0, 0.5), (1, 5, 0, 1, NULL), (2, 2, 1, 1, 1), (2, 3, 1, 1, 0.625), (2, 5, 0, 0, 0.875);

-- Analyses of e1: of its validation examples, and of a treebank.
INSERT INTO evaluations (evaluation, evaluation_id, trial, launch, name, settings, step, examples, evaluated_us, analysis) VALUES
  (3, 'a1', 4, 1, 'validation', 'name: "validation"', 10, 200, 1700000022000000, 'examples: 200'),
  (4, 'a2', 4, 1, 'dev.conllu', 'name: "dev.conllu" file: "dev.conllu"', 10, 50, 1700000023000000, 'source: DEPENDENCIES');
INSERT INTO evaluation_metrics (evaluation, metric, value) VALUES (3, 'accuracy', 0.75);
INSERT INTO evaluation_head_statistics (evaluation, attention, layer, head, statistic, value) VALUES
  (3, 1, 0, 0, 2, 0.5), (3, 1, 0, 1, 2, NULL);
INSERT INTO evaluation_layer_statistics (evaluation, attention, layer, statistic, value) VALUES (3, 1, 0, 7, 0.25);
INSERT INTO evaluation_degrees (evaluation, attention, layer, head, direction, degree, count) VALUES
  (3, 1, 0, 0, 'out', 2, 5), (3, 1, 0, 0, 'in', 0, 1), (3, 1, 0, 0, 'in', 3, 4);
INSERT INTO evaluation_relations (evaluation, attention, layer, head, relation, direction, pairs, correct) VALUES
  (4, 1, 0, 0, 'nsubj', 'head', 8, 2), (4, 1, 0, 1, 'nsubj', 'head', 8, 6), (4, 1, 0, 0, 'det', 'dependent', 4, 1);
INSERT INTO evaluation_relation_baselines (evaluation, relation, direction, pairs, best_offset, best_offset_correct, random_share)
  VALUES (4, 'nsubj', 'head', 8, 1, 4, 0.25), (4, 'det', 'dependent', 4, -1, 3, 0.125);
INSERT INTO evaluation_distances (evaluation, method, distance, pairs, mean, by_offset, random) VALUES
  (4, 'attention_rollout', 1, 20, 0.5, 0.375, 0.25), (4, 'attention_rollout', 2, 30, 0.125, 0.1875, 0.25);
