-- One row per arm: what its trials took, failed and repeated attempts included. Launches that go on are
-- left out. Trials of one array share its seconds by the steps that each took, so compare speeds only between launches of
-- single trials.
CREATE VIEW cost (
  experiment,              -- name of the experiment
  arm,                     -- trials that differ only in seed share it
  trials,                  -- that were begun
  attempts,                -- begun
  steps,                   -- optimizer steps taken, by all attempts
  seconds,                 -- their shares of the launches' time in training and evaluation; of a launch that died until it ended
  seconds_per_trial,       -- seconds / trials
  seconds_per_1000_steps,  -- seconds for 1000 steps of one trial
  peak_mib                 -- largest resident memory of a worker that ran one, with all trials of its array
) AS
WITH
parts AS (
  SELECT trial, launch, last_step - first_step + 1 AS steps FROM attempts WHERE last_step IS NOT NULL AND first_step IS NOT NULL
),
launch_steps AS (SELECT launch, SUM(steps) AS steps FROM parts GROUP BY launch),
shares AS (
  SELECT p.trial, p.steps, l.peak_bytes,
         COALESCE(l.seconds, (l.end_us - l.begin_us) / 1e6) * p.steps / s.steps AS seconds
  FROM parts p JOIN launch_steps s USING (launch) JOIN launches l USING (launch)
  WHERE s.steps > 0 AND COALESCE(l.seconds, l.end_us - l.begin_us) IS NOT NULL
)
SELECT e.name, et.arm, COUNT(DISTINCT s.trial), COUNT(*), SUM(s.steps), SUM(s.seconds),
       SUM(s.seconds) / COUNT(DISTINCT s.trial), SUM(s.seconds) * 1000 / SUM(s.steps), MAX(s.peak_bytes) / 1048576.0
FROM experiments e
JOIN experiment_trials et USING (experiment)
JOIN shares s USING (trial)
GROUP BY e.experiment, et.arm_position, et.arm
ORDER BY e.experiment, et.arm_position;
