-- One row per value of each field that takes more than one in an experiment: the marginal mean, over all succeeded trials with
-- that value, of the metric that counts. The interval's spread is that of seeds and of the other axes together.
CREATE VIEW axis_effects (
  experiment,  -- name of the experiment
  field,       -- path of the field: attention.alpha
  value,       -- of the field, as text; "(default)": at its default, or not read; trials that don't read one of the fields with
               -- a column in trial_overview are left out
  metric,      -- the metric that counts in the experiment
  n,           -- succeeded trials with the value whose metric is a number
  mean,        -- of the metric over them
  deviation,   -- sample standard deviation; NULL below two
  low,         -- lower end of the 95 % interval of the mean (Student's); NULL below two
  high,        -- upper end of it
  trials       -- all trials with the value
) AS
WITH RECURSIVE
axes AS (SELECT experiment, field FROM axis_values GROUP BY experiment, field HAVING COUNT(DISTINCT value) > 1),
scored AS (
  SELECT p.experiment, p.field, p.value,
         CASE WHEN et.state = 'succeeded' THEN CASE e.at WHEN 'BEST' THEN r.best_value ELSE r.last_value END END AS score
  FROM axes
  JOIN axis_values p USING (experiment, field)
  JOIN experiments e USING (experiment)
  JOIN experiment_trials et ON et.experiment = p.experiment AND et.trial = p.trial
  LEFT JOIN trial_results r ON r.experiment = p.experiment AND r.trial = p.trial
),
means AS (
  SELECT experiment, field, value, COUNT(*) AS trials, COUNT(score) AS n, AVG(score) AS mean
  FROM scored GROUP BY experiment, field, value
),
spreads AS (
  SELECT experiment, field, value, m.n, SUM((s.score - m.mean) * (s.score - m.mean)) / (m.n - 1) AS variance
  FROM means m JOIN scored s USING (experiment, field, value) WHERE m.n >= 2 GROUP BY experiment, field, value
),
-- Square roots by Newton's method, from above: SQLite need not have sqrt.
squares(square) AS (SELECT variance FROM spreads UNION SELECT variance / n FROM spreads),
newton(square, root) AS (
  SELECT square, MAX(1.0, square) FROM squares WHERE square > 0
  UNION ALL SELECT square, (root + square / root) / 2 FROM newton WHERE (root + square / root) / 2 < root
),
roots(square, root) AS (SELECT 0.0, 0.0 UNION ALL SELECT square, MIN(root) FROM newton GROUP BY square),
intervals AS (
  SELECT s.experiment, s.field, s.value, d.root AS deviation,
         e.root * (SELECT two_sided_95 FROM t_quantiles WHERE degrees <= s.n - 1 ORDER BY degrees DESC LIMIT 1) AS half_width
  FROM spreads s JOIN roots d ON d.square = s.variance JOIN roots e ON e.square = s.variance / s.n
)
SELECT e.name, m.field, m.value, c.name, m.n, m.mean, i.deviation, m.mean - i.half_width, m.mean + i.half_width, m.trials
FROM means m
JOIN experiments e USING (experiment)
JOIN metrics c USING (metric)
LEFT JOIN intervals i ON i.experiment = m.experiment AND i.field = m.field AND i.value = m.value
ORDER BY m.experiment, m.field, CAST(m.value AS REAL), m.value;
