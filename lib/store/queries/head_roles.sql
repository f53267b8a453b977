-- What each head attends to, by `ablate analyze`: the place, relative to the query or the first token, with the most weight.
-- Without an analysis of a treebank, whether that is syntax can't be told: see the query syntactic_heads.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm        trials that differ only in seed share it
--   seed       of the trial
--   analysis   what was looked at
--   attention  encoder, decoder or cross
--   layer      0 is nearest the input
--   head       counted from 0
--   role       same token, previous token, next token, two before, two after or first token, with half the weight; else spread
--   mass       mean share of a row's weight at the place with most, [0, 1]
--   keys       effective keys of a row, mean
WITH places(statistic, role) AS (
  VALUES ('mass_at_0', 'same token'), ('mass_at_-1', 'previous token'), ('mass_at_+1', 'next token'),
         ('mass_at_-2', 'two before'), ('mass_at_+2', 'two after'), ('first_token_mass', 'first token')
)
SELECT a.arm, a.seed, a.analysis, s.attention, s.layer, s.head,
       CASE WHEN MAX(s.value) >= 0.5 THEN p.role ELSE 'spread' END AS role, MAX(s.value) AS mass,
       (SELECT k.value FROM analysis_head_statistics k
        WHERE k.evaluation_id = s.evaluation_id AND k.attention = s.attention AND k.layer = s.layer AND k.head = s.head
          AND k.statistic = 'effective_keys') AS keys
FROM analyses a
JOIN analysis_head_statistics s USING (evaluation_id)
JOIN places p USING (statistic)
WHERE a.experiment = :experiment
GROUP BY a.arm, a.seed, a.analysis, s.evaluation_id, s.attention, s.layer, s.head
ORDER BY a.analysis, a.arm, a.seed, s.attention, s.layer, s.head
