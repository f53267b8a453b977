-- One row per arm, layer and evaluation: how near attention is to a K-regular graph, in which every query attends K keys and
-- every key is attended by K queries; over the arm's trials, unfinished ones included, and all heads of the layer.
CREATE VIEW regularity (
  experiment,  -- name of the experiment
  arm,         -- trials that differ only in seed share it
  attention,   -- encoder, decoder or cross
  layer,       -- 0 is nearest the input
  step,        -- optimizer steps taken at the evaluation
  n,           -- trials
  k,           -- target of the balance loss; NULL: no balance, K is then the rounded mean degree
  queries,     -- share of queries that attend exactly K keys, [0, 1]
  keys         -- share of keys that exactly K queries attend, [0, 1]
) AS
SELECT e.name, et.arm, k.name, h.layer, s.step, COUNT(DISTINCT s.snapshot), MAX(t.k),
       AVG(CASE n.name WHEN 'k_regular_rows' THEN h.value END), AVG(CASE n.name WHEN 'k_regular_columns' THEN h.value END)
FROM experiments e
JOIN experiment_trials et USING (experiment)
JOIN trials t USING (trial)
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_head_statistics h ON h.snapshot = s.snapshot
JOIN attention_kinds k ON k.attention = h.attention
JOIN statistics n ON n.statistic = h.statistic
WHERE n.name IN ('k_regular_rows', 'k_regular_columns')
GROUP BY e.experiment, et.arm_position, et.arm, k.name, h.layer, s.step
ORDER BY e.experiment, et.arm_position, k.name, h.layer, s.step;
