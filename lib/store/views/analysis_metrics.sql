-- One row per experiment, trial, analysis and number that is of no head or layer.
CREATE VIEW analysis_metrics (
  experiment,     -- name
  arm,            -- trials that differ only in seed share it
  seed,           -- of the trial
  analysis,       -- name of what was looked at
  metric,         -- accuracy (share), loss (nats), skipped_sentences; NAME/effective_tokens: exp of the entropy of an attribution's
                  -- absolute values; integrated_gradients/completeness_gap, /largest_gap: mean and largest, in logits
  value,          -- NULL: NaN
  examples,       -- that were looked at
  trial_id,       -- 32 hexadecimal digits
  evaluation_id   -- 32 hexadecimal digits
) AS
SELECT e.name, et.arm, t.seed, v.name, m.metric, m.value, v.examples, t.trial_id, v.evaluation_id
FROM evaluations v
JOIN evaluation_metrics m USING (evaluation)
JOIN trials t USING (trial)
JOIN experiment_trials et USING (trial)
JOIN experiments e USING (experiment)
WHERE v.analysis <> '';
