-- How far information has come behind each layer, by `ablate analyze`: over paths through the supports, and weighted by the
-- attention rollout. Means over the trials of an arm.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm                        trials that differ only in seed share it
--   analysis                   what was looked at
--   layer                      0 is nearest the input
--   n                          trials
--   reach                      share of pairs of tokens joined by a path up to here, [0, 1]
--   reached_all                share of examples in which that is all pairs, [0, 1]
--   effective_receptive_field  tokens that a token is made of
--   spectral_gap               of the pairs that any head connects, [0, 1]: 0 where the graph falls apart
--   js_share                   diversity of the heads, [0, 1]
SELECT a.arm, a.analysis, s.layer, COUNT(DISTINCT a.trial_id) AS n,
       AVG(CASE s.statistic WHEN 'reach' THEN s.value END) AS reach,
       AVG(CASE s.statistic WHEN 'reached_all' THEN s.value END) AS reached_all,
       AVG(CASE s.statistic WHEN 'effective_receptive_field' THEN s.value END) AS effective_receptive_field,
       AVG(CASE s.statistic WHEN 'layer_spectral_gap' THEN s.value END) AS spectral_gap,
       AVG(CASE s.statistic WHEN 'js_share' THEN s.value END) AS js_share
FROM analyses a JOIN analysis_layer_statistics s USING (evaluation_id)
WHERE a.experiment = :experiment
GROUP BY a.arm, a.analysis, s.layer
ORDER BY a.analysis, a.arm, s.layer
