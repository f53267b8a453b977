-- The succeeded trial with the best value of the metric that counts. The best of many is better than the mean of its arm by
-- luck: use it to look at a trial, not to compare arms.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   trial_id  32 hexadecimal digits
--   arm       trials that differ only in seed share it
--   seed      of the trial
--   metric    the metric that counts
--   value     of the metric
SELECT o.trial_id, o.arm, o.seed, o.metric, o.value
FROM trial_overview o JOIN experiments e ON e.name = o.experiment
WHERE o.experiment = :experiment AND o.state = 'succeeded' AND o.value IS NOT NULL
ORDER BY CASE e.goal WHEN 'MINIMIZE' THEN o.value ELSE -o.value END, o.arm, o.seed
LIMIT 1
