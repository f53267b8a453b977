-- Two arms of an experiment, seed by seed: what remains of a difference once the seed's own luck is taken out.
-- Parameters
--   experiment  name of the experiment
--   arm         name of the arm
--   baseline    name of the arm that it is compared with
-- Columns
--   seed            both arms succeeded with it
--   value           of the metric that counts, in the arm
--   baseline_value  of the same, in the baseline
--   difference      value - baseline_value
SELECT a.seed, a.value, b.value AS baseline_value, a.value - b.value AS difference
FROM trial_overview a JOIN trial_overview b ON b.experiment = a.experiment AND b.seed = a.seed
WHERE a.experiment = :experiment AND a.arm = :arm AND b.arm = :baseline AND a.state = 'succeeded' AND b.state = 'succeeded'
ORDER BY a.seed
