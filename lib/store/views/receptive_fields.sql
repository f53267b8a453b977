-- One row per arm, layer and direction, at the last evaluations of the arm's succeeded trials, over all their heads: how many
-- keys a query attends (out), by how many queries a key is attended (in), and how near that is to K-regular.
CREATE VIEW receptive_fields (
  experiment,      -- name of the experiment
  arm,             -- trials that differ only in seed share it
  attention,       -- encoder, decoder or cross
  layer,           -- 0 is nearest the input
  direction,       -- out: keys that a query attends; in: queries that attend a key
  n,               -- succeeded trials with degrees
  mean_degree,     -- over queries (out) or keys (in)
  lowest_degree,   -- the smallest that occurred
  highest_degree,  -- the largest that occurred
  zero_share,      -- share of queries or keys with degree 0, [0, 1]: keys that nothing attends
  k,               -- target of the balance loss; NULL: no balance
  k_regular_share  -- share of queries or keys whose degree is exactly K, [0, 1]: K as in the statistics k_regular_rows (out)
                   -- and k_regular_columns (in), without balance the rounded mean degree
) AS
WITH members AS (
  SELECT et.experiment, et.arm, et.arm_position, l.snapshot, t.k
  FROM experiment_trials et
  JOIN trials t USING (trial)
  JOIN last_snapshots l USING (trial)
  WHERE et.state = 'succeeded'
),
regular AS (
  SELECT m.experiment, m.arm, h.attention, h.layer, CASE n.name WHEN 'k_regular_rows' THEN 'out' ELSE 'in' END AS direction,
         AVG(h.value) AS share
  FROM members m
  JOIN raw_head_statistics h USING (snapshot)
  JOIN statistics n USING (statistic)
  WHERE n.name IN ('k_regular_rows', 'k_regular_columns')
  GROUP BY m.experiment, m.arm, h.attention, h.layer, n.name
)
SELECT e.name, m.arm, k.name, d.layer, d.direction, COUNT(DISTINCT m.snapshot), SUM(1.0 * d.degree * d.count) / SUM(d.count),
       MIN(d.degree), MAX(d.degree), 1.0 * SUM(CASE d.degree WHEN 0 THEN d.count ELSE 0 END) / SUM(d.count), MAX(m.k), r.share
FROM experiments e
JOIN members m USING (experiment)
JOIN raw_degrees d ON d.snapshot = m.snapshot
JOIN attention_kinds k ON k.attention = d.attention
LEFT JOIN regular r ON r.experiment = m.experiment AND r.arm = m.arm AND r.attention = d.attention AND r.layer = d.layer
                    AND r.direction = d.direction
GROUP BY e.experiment, m.arm_position, m.arm, k.name, d.layer, d.direction
ORDER BY e.experiment, m.arm_position, k.name, d.layer, d.direction DESC;
