-- One row per arm, head and evaluation of heads whose alpha is learned: how entmax's alpha moves in training, over the arm's
-- trials, unfinished ones included.
CREATE VIEW alpha_trajectories (
  experiment,  -- name of the experiment
  arm,         -- trials that differ only in seed share it
  attention,   -- encoder, decoder or cross
  layer,       -- 0 is nearest the input
  head,        -- counted from 0
  step,        -- optimizer steps taken at the evaluation
  n,           -- trials
  alpha,       -- mean over them, (1, 2): 1 is softmax, 2 sparsemax
  lowest,      -- smallest of them
  highest,     -- largest of them
  density      -- mean share of valid (query, key) pairs in the support, [0, 1]
) AS
SELECT e.name, et.arm, k.name, h.layer, h.head, s.step, COUNT(h.value), AVG(h.value), MIN(h.value), MAX(h.value), AVG(d.value)
FROM experiments e
JOIN experiment_trials et USING (experiment)
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_head_statistics h ON h.snapshot = s.snapshot
                           AND h.statistic = (SELECT statistic FROM statistics WHERE name = 'alpha')
JOIN attention_kinds k ON k.attention = h.attention
LEFT JOIN raw_head_statistics d ON d.snapshot = h.snapshot AND d.attention = h.attention AND d.layer = h.layer
                                AND d.head = h.head
                                AND d.statistic = (SELECT statistic FROM statistics WHERE name = 'density')
GROUP BY e.experiment, et.arm_position, et.arm, k.name, h.layer, h.head, s.step
ORDER BY e.experiment, et.arm_position, k.name, h.layer, h.head, s.step;
