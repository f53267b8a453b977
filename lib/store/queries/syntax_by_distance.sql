-- Whether attribution follows the tree of dependencies: the share of a word's attribution that goes to words so far away in the
-- tree, over what their places in the sentence alone would give. Above 1 near and below 1 far: it follows the tree.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm        trials that differ only in seed share it
--   method     name of the attribution
--   distance   edges between the two words in the tree
--   n          trials
--   pairs      ordered pairs of words, mean over trials
--   mean       share of the attribution, mean over trials, [0, 1]
--   by_offset  the same by the words' offset alone
--   random     the same if all words had the same share
--   ratio      mean / by_offset
SELECT a.arm, d.method, d.distance, COUNT(*) AS n, AVG(d.pairs) AS pairs, AVG(d.mean) AS mean, AVG(d.by_offset) AS by_offset,
       AVG(d.random) AS random, AVG(d.mean) / AVG(d.by_offset) AS ratio
FROM analyses a JOIN attribution_by_distance d USING (evaluation_id)
WHERE a.experiment = :experiment
GROUP BY a.arm, d.method, d.distance
ORDER BY d.method, a.arm, d.distance
