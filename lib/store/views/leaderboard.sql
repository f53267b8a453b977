-- One row per arm of each experiment, best first, over the arm's succeeded trials and the metric that counts. Arms without a
-- value come last, without a rank. The interval is Student's, over seeds; two arms are compared better by seed (query
-- paired_differences).
CREATE VIEW leaderboard (
  experiment,          -- name of the experiment
  rank,                -- 1 is best; equal means share a rank; NULL: no value yet
  arm,                 -- trials that differ only in seed share it
  metric,              -- the metric that counts in the experiment
  n,                   -- succeeded trials whose value is a number
  mean,                -- of their values, the last or best of each as the experiment says
  deviation,           -- sample standard deviation of the values; NULL below two
  low,                 -- lower end of the 95 % interval of the mean; NULL below two values
  high,                -- upper end of it
  best,                -- best single value: a maximum over n draws, which grows with n
  difference_to_best,  -- mean minus the best arm's mean
  failed,              -- trials that failed
  unfinished,          -- trials that are pending, running, stopped or cancelled
  trials               -- all trials of the arm
) AS
WITH RECURSIVE
scored AS (
  SELECT et.experiment, et.arm, et.arm_position, et.state,
         CASE WHEN et.state = 'succeeded' THEN CASE e.at WHEN 'BEST' THEN r.best_value ELSE r.last_value END END AS value
  FROM experiment_trials et
  JOIN experiments e USING (experiment)
  LEFT JOIN trial_results r ON r.experiment = et.experiment AND r.trial = et.trial
),
means AS (
  SELECT experiment, arm, MIN(arm_position) AS arm_position, COUNT(*) AS trials, COUNT(value) AS n, AVG(value) AS mean,
         MIN(value) AS lowest, MAX(value) AS highest, SUM(state = 'failed') AS failed,
         SUM(state NOT IN ('succeeded', 'failed')) AS unfinished
  FROM scored GROUP BY experiment, arm
),
spreads AS (
  SELECT experiment, arm, m.n, SUM((s.value - m.mean) * (s.value - m.mean)) / (m.n - 1) AS variance
  FROM means m JOIN scored s USING (experiment, arm) WHERE m.n >= 2 GROUP BY experiment, arm
),
-- Square roots by Newton's method, from above: SQLite need not have sqrt.
squares(square) AS (SELECT variance FROM spreads UNION SELECT variance / n FROM spreads),
newton(square, root) AS (
  SELECT square, MAX(1.0, square) FROM squares WHERE square > 0
  UNION ALL SELECT square, (root + square / root) / 2 FROM newton WHERE (root + square / root) / 2 < root
),
roots(square, root) AS (SELECT 0.0, 0.0 UNION ALL SELECT square, MIN(root) FROM newton GROUP BY square),
intervals AS (
  SELECT s.experiment, s.arm, d.root AS deviation,
         e.root * (SELECT two_sided_95 FROM t_quantiles WHERE degrees <= s.n - 1 ORDER BY degrees DESC LIMIT 1) AS half_width
  FROM spreads s JOIN roots d ON d.square = s.variance JOIN roots e ON e.square = s.variance / s.n
)
SELECT e.name, CASE WHEN m.n > 0 THEN RANK() OVER best_first END, m.arm, c.name, m.n, m.mean, i.deviation,
       m.mean - i.half_width, m.mean + i.half_width, CASE e.goal WHEN 'MINIMIZE' THEN m.lowest ELSE m.highest END,
       m.mean - FIRST_VALUE(m.mean) OVER best_first, m.failed, m.unfinished, m.trials
FROM means m
JOIN experiments e USING (experiment)
JOIN metrics c USING (metric)
LEFT JOIN intervals i ON i.experiment = m.experiment AND i.arm = m.arm
WINDOW best_first AS (PARTITION BY m.experiment
                      ORDER BY m.mean IS NULL, CASE e.goal WHEN 'MINIMIZE' THEN m.mean ELSE -m.mean END)
ORDER BY m.experiment, m.n = 0, RANK() OVER best_first, m.arm_position;
