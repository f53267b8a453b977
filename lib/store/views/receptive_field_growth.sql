-- One row per arm, layer and evaluation: how far attention reaches as training goes on, over the arm's trials, unfinished ones
-- included, and all heads of the layer.
CREATE VIEW receptive_field_growth (
  experiment,      -- name of the experiment
  arm,             -- trials that differ only in seed share it
  attention,       -- encoder, decoder or cross
  layer,           -- 0 is nearest the input
  step,            -- optimizer steps taken at the evaluation
  n,               -- trials
  attended,        -- mean number of keys that a query attends
  most_attended,   -- largest number of keys that a query attends
  most_attending,  -- largest number of queries that attend one key
  never_attended   -- share of keys that no query attends, [0, 1]
) AS
SELECT e.name, et.arm, k.name, d.layer, s.step, COUNT(DISTINCT s.snapshot),
       1.0 * SUM(CASE d.direction WHEN 'out' THEN d.degree * d.count END) / SUM(CASE d.direction WHEN 'out' THEN d.count END),
       MAX(CASE d.direction WHEN 'out' THEN d.degree END), MAX(CASE d.direction WHEN 'in' THEN d.degree END),
       1.0 * SUM(CASE WHEN d.direction = 'in' AND d.degree = 0 THEN d.count WHEN d.direction = 'in' THEN 0 END)
           / SUM(CASE d.direction WHEN 'in' THEN d.count END)
FROM experiments e
JOIN experiment_trials et USING (experiment)
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_degrees d ON d.snapshot = s.snapshot
JOIN attention_kinds k ON k.attention = d.attention
GROUP BY e.experiment, et.arm_position, et.arm, k.name, d.layer, s.step
ORDER BY e.experiment, et.arm_position, k.name, d.layer, s.step;
