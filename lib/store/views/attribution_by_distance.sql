-- One row per analysis of a trial on a treebank, attribution and distance in the dependency tree: what share of a word's
-- attribution goes to a word so far away, beside what the words' places alone would give.
CREATE VIEW attribution_by_distance (
  trial_id,       -- 32 hexadecimal digits
  analysis,       -- name of the treebank's file
  evaluation_id,  -- 32 hexadecimal digits
  method,         -- name of the attribution; `ablate list statistics` defines them
  distance,       -- edges between the two words in the tree
  pairs,          -- ordered pairs of words at that distance
  mean,           -- share of a word's attribution to the sentence's other words that goes to one word at that distance, [0, 1]
  by_offset,      -- the same mean if the share depended on the words' offset in the sentence alone, [0, 1]
  random          -- the same mean if all other words had the same share, [0, 1]
) AS
SELECT t.trial_id, v.name, v.evaluation_id, d.method, d.distance, d.pairs, d.mean, d.by_offset, d.random
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_distances d USING (evaluation);
