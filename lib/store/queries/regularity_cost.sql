-- How near each balanced arm comes to its K-regular graph, and at which quality: on sentences of at least 2 K tokens, at the last
-- evaluation, over all layers, heads and seeds. An arm is on the front if no other one of the same K is at least as regular in
-- rows and columns together and at least as good, and better in one.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm            trials that differ only in seed share it; arms without balance have neither k nor degrees
--   n              succeeded trials
--   k              balance's k: the target degree, or where balance has a share the most that it can be
--   quality        mean of the metric that counts
--   rows_exact     share of queries that attend exactly K keys, [0, 1]
--   rows_near      share of queries that attend K - 1 to K + 1 keys
--   rows_rms       root mean square of degree - K over queries, mean over heads
--   columns_exact  share of keys that exactly K queries attend
--   columns_near   share of keys that K - 1 to K + 1 queries attend
--   columns_rms    root mean square of degree - K over keys, mean over heads
--   on_front       1: on the front of quality and of the mean of rows_exact and columns_exact; NULL: no degrees
WITH
degrees AS (
  SELECT o.arm, MAX(o.k) AS k,
         AVG(CASE n.name WHEN 'rows_at_k' THEN h.value END) AS rows_exact,
         AVG(CASE n.name WHEN 'rows_near_k' THEN h.value END) AS rows_near,
         AVG(CASE n.name WHEN 'rows_off_k' THEN h.value END) AS rows_rms,
         AVG(CASE n.name WHEN 'columns_at_k' THEN h.value END) AS columns_exact,
         AVG(CASE n.name WHEN 'columns_near_k' THEN h.value END) AS columns_near,
         AVG(CASE n.name WHEN 'columns_off_k' THEN h.value END) AS columns_rms
  FROM trial_overview o
  JOIN trials t USING (trial_id)
  LEFT JOIN last_snapshots l USING (trial)
  LEFT JOIN raw_head_statistics h USING (snapshot)
  LEFT JOIN statistics n USING (statistic)
  WHERE o.experiment = :experiment AND o.state = 'succeeded' AND o.k IS NOT NULL
  GROUP BY o.arm
),
arms AS (
  SELECT b.rank, b.arm, b.n, d.k, b.mean AS quality, CASE e.goal WHEN 'MINIMIZE' THEN -b.mean ELSE b.mean END AS good,
         (d.rows_exact + d.columns_exact) / 2 AS exact, d.rows_exact, d.rows_near, d.rows_rms, d.columns_exact,
         d.columns_near, d.columns_rms
  FROM leaderboard b
  JOIN experiments e ON e.name = b.experiment
  LEFT JOIN degrees d ON d.arm = b.arm
  WHERE b.experiment = :experiment AND b.n > 0
)
SELECT a.arm, a.n, a.k, a.quality, a.rows_exact, a.rows_near, a.rows_rms, a.columns_exact, a.columns_near, a.columns_rms,
       CASE WHEN a.exact IS NOT NULL THEN NOT EXISTS (
         SELECT 1 FROM arms b
         WHERE b.k = a.k AND b.good >= a.good AND b.exact >= a.exact AND (b.good > a.good OR b.exact > a.exact)) END AS on_front
FROM arms a
ORDER BY a.k, a.rank, a.arm
