-- One row per experiment, trial, evaluation on a second set, and metric.
CREATE VIEW evaluation_results (
  experiment,     -- name
  arm,            -- trials that differ only in seed share it
  seed,           -- of the trial
  evaluation,     -- name of the set
  metric,         -- accuracy (share, [0, 1]), loss (mean cross-entropy, nats), skipped_rows
  value,          -- NULL: NaN
  examples,       -- that the trial was evaluated on
  trial_id,       -- 32 hexadecimal digits
  evaluation_id   -- 32 hexadecimal digits: another content of the file, or another way to read it, is another evaluation
) AS
SELECT e.name, et.arm, t.seed, v.name, m.metric, m.value, v.examples, t.trial_id, v.evaluation_id
FROM evaluations v
JOIN evaluation_metrics m USING (evaluation)
JOIN trials t USING (trial)
JOIN experiment_trials et USING (trial)
JOIN experiments e USING (experiment)
WHERE v.analysis = '';
