-- Which arms give the best quality for their density, or for their time: an arm is on a front if no other arm is at least as
-- good in both and better in one. Of means: arms that tie in quality change places with other seeds.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm               trials that differ only in seed share it
--   n                 succeeded trials
--   quality           mean of the metric that counts
--   density           mean share of (query, key) pairs in the support over all heads, [0, 1]; NULL: not logged
--   seconds           per trial, as in the view cost: arrays share their time
--   on_density_front  1: on the front of quality and density; NULL: no density
--   on_time_front     1: on the front of quality and seconds; NULL: no time
WITH
arms AS (
  SELECT l.rank, l.arm, l.n, l.mean AS quality, CASE e.goal WHEN 'MINIMIZE' THEN -l.mean ELSE l.mean END AS good, s.density,
         c.seconds_per_trial AS seconds
  FROM leaderboard l
  JOIN experiments e ON e.name = l.experiment
  LEFT JOIN (SELECT experiment, arm, AVG(density) AS density FROM head_sparsity GROUP BY experiment, arm) s
    ON s.experiment = l.experiment AND s.arm = l.arm
  LEFT JOIN cost c ON c.experiment = l.experiment AND c.arm = l.arm
  WHERE l.experiment = :experiment AND l.n > 0
)
SELECT a.arm, a.n, a.quality, a.density, a.seconds,
       CASE WHEN a.density IS NOT NULL THEN NOT EXISTS (
         SELECT 1 FROM arms b
         WHERE b.good >= a.good AND b.density <= a.density AND (b.good > a.good OR b.density < a.density)) END
         AS on_density_front,
       CASE WHEN a.seconds IS NOT NULL THEN NOT EXISTS (
         SELECT 1 FROM arms b
         WHERE b.good >= a.good AND b.seconds <= a.seconds AND (b.good > a.good OR b.seconds < a.seconds)) END AS on_time_front
FROM arms a
ORDER BY a.rank, a.arm
