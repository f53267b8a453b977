-- Two fields of an experiment together: does what one does depend on the other? Means over all succeeded trials with both
-- values. An interaction of 0 everywhere says that effects just add up.
-- Parameters
--   experiment  name of the experiment
--   first       path of a field that varies: attention.normalizer
--   second      path of another
-- Columns
--   first        value of the first field; "(default)": at its default, or not read
--   second       value of the second field
--   n            succeeded trials with both
--   mean         of the metric that counts
--   lowest       smallest value
--   highest      largest value
--   additive     mean if effects just added up: mean of the first value, plus that of the second, minus that of all; NULL unless every pair has trials
--   interaction  mean - additive
WITH
cells AS (
  SELECT a.value AS first, b.value AS second, o.value
  FROM experiments e
  JOIN axis_values a ON a.experiment = e.experiment AND a.field = :first
  JOIN axis_values b ON b.experiment = e.experiment AND b.field = :second AND b.trial = a.trial
  JOIN trials t ON t.trial = a.trial
  JOIN trial_overview o ON o.experiment = e.name AND o.trial_id = t.trial_id
  WHERE e.name = :experiment AND o.state = 'succeeded' AND o.value IS NOT NULL
),
means AS (
  SELECT first, second, COUNT(*) AS n, AVG(value) AS mean, MIN(value) AS lowest, MAX(value) AS highest
  FROM cells GROUP BY first, second
),
firsts AS (SELECT first, AVG(mean) AS mean FROM means GROUP BY first),
seconds AS (SELECT second, AVG(mean) AS mean FROM means GROUP BY second),
alls AS (
  SELECT CASE COUNT(*) WHEN (SELECT COUNT(*) FROM firsts) * (SELECT COUNT(*) FROM seconds) THEN AVG(mean) END AS mean FROM means
)
SELECT m.first, m.second, m.n, m.mean, m.lowest, m.highest, f.mean + s.mean - a.mean AS additive,
       m.mean - (f.mean + s.mean - a.mean) AS interaction
FROM means m JOIN firsts f USING (first) JOIN seconds s USING (second) JOIN alls a
ORDER BY CAST(m.first AS REAL), m.first, CAST(m.second AS REAL), m.second
