-- One row per trial, metric and step: for each step the point of the newest attempt that took it, so that nothing is there
-- twice after a trial went on from an older checkpoint.
CREATE VIEW metric_points (
  trial_id,  -- 32 hexadecimal digits
  metric,    -- name: train/loss, validation/accuracy, ...
  step,      -- optimizer steps taken
  value      -- NULL: NaN
) AS
SELECT t.trial_id, m.name, p.step, p.value
FROM trials t
JOIN attempts a USING (trial)
JOIN raw_metric_points p ON p.attempt = a.attempt AND p.step < a.void_from
JOIN metrics m ON m.metric = p.metric;
