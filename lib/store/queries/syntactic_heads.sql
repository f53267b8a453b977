-- For each syntactic relation the head of each trial that finds it most often, beside the best fixed offset: a head knows
-- syntax where it is clearly better. The best of many heads is partly luck.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm                   trials that differ only in seed share it
--   seed                  of the trial
--   relation              of Universal Dependencies, without a subtype
--   direction             head: a word's syntactic head is looked for; dependent: a head's dependent is
--   pairs                 of words that stand in the relation
--   layer                 of the head, 0 is nearest the input
--   head                  counted from 0
--   accuracy              share of pairs that it finds, [0, 1]
--   best_offset           the distance in words that finds most of them
--   best_offset_accuracy  share of pairs that are that far apart, [0, 1]
--   gain                  accuracy - best_offset_accuracy
SELECT a.arm, a.seed, r.relation, r.direction, r.pairs, r.layer, r.head, MAX(r.accuracy) AS accuracy, r.best_offset,
       r.best_offset_accuracy, MAX(r.accuracy) - r.best_offset_accuracy AS gain
FROM analyses a JOIN relation_accuracy r USING (evaluation_id)
WHERE a.experiment = :experiment
GROUP BY a.arm, a.seed, r.evaluation_id, r.relation, r.direction
ORDER BY a.arm, a.seed, gain DESC, r.relation, r.direction
