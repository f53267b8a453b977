-- On which examples of a second set two arms disagree, seed by seed: the counts of McNemar's test (McNemar 1947,
-- doi:10.1007/BF02295996). Over seeds its tests are not independent of each other, since the examples are the same.
-- Parameters
--   experiment  name
--   arm         name
--   baseline    name of the arm that it is compared with
--   evaluation  name of the set
-- Columns
--   seed            of both trials
--   examples        that both were evaluated on
--   only_arm        examples that the arm's trial has right and the baseline's wrong
--   only_baseline   the other way round
--   both            examples that both have right
--   neither         examples that both have wrong
WITH side AS (
  SELECT DISTINCT r.arm, r.seed, p.line, p.correct
  FROM evaluation_results r JOIN predictions p USING (evaluation_id)
  WHERE r.experiment = :experiment AND r.evaluation = :evaluation AND r.arm IN (:arm, :baseline) AND r.metric = 'accuracy'
)
SELECT a.seed, COUNT(*) AS examples, SUM(a.correct AND NOT b.correct) AS only_arm,
       SUM(b.correct AND NOT a.correct) AS only_baseline, SUM(a.correct AND b.correct) AS both,
       SUM(NOT a.correct AND NOT b.correct) AS neither
FROM side a JOIN side b ON b.seed = a.seed AND b.line = a.line
WHERE a.arm = :arm AND b.arm = :baseline
GROUP BY a.seed ORDER BY a.seed
