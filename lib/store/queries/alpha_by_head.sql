-- Entmax's alpha of each head at the last evaluation, over the seeds of each arm: which heads chose to be sparse.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm        trials that differ only in seed share it
--   attention  encoder, decoder or cross
--   layer      0 is nearest the input
--   head       counted from 0
--   n          succeeded trials
--   start      alpha before training
--   alpha      mean over the trials
--   lowest     smallest of them
--   highest    largest of them
--   density    mean share of (query, key) pairs in the support
SELECT o.arm, d.attention, d.layer, d.head, COUNT(*) AS n, AVG(o.alpha) AS start, AVG(d.alpha) AS alpha, MIN(d.alpha) AS lowest,
       MAX(d.alpha) AS highest, AVG(d.density) AS density
FROM trial_overview o JOIN head_density d USING (trial_id)
WHERE o.experiment = :experiment AND o.state = 'succeeded' AND o.alpha IS NOT NULL
GROUP BY o.arm, d.attention, d.layer, d.head
ORDER BY o.arm, d.attention, d.layer, d.head
