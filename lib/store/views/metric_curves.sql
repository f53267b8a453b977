-- One row per arm, metric and step: the mean curve over the arm's trials, unfinished ones included.
CREATE VIEW metric_curves (
  experiment,  -- name of the experiment
  arm,         -- trials that differ only in seed share it
  metric,      -- name: train/loss, validation/accuracy, ...
  step,        -- optimizer steps taken
  n,           -- trials whose value at the step is a number
  mean,        -- of their values
  lowest,      -- smallest value
  highest      -- largest value
) AS
SELECT e.name, et.arm, m.name, p.step, COUNT(p.value), AVG(p.value), MIN(p.value), MAX(p.value)
FROM experiments e
JOIN experiment_trials et USING (experiment)
JOIN attempts a USING (trial)
JOIN raw_metric_points p ON p.attempt = a.attempt AND p.step < a.void_from
JOIN metrics m ON m.metric = p.metric
GROUP BY e.name, et.arm, m.name, p.step;
