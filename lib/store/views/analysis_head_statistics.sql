-- One row per analysis of a trial, head and statistic, FULL set included. `ablate list statistics` defines them.
CREATE VIEW analysis_head_statistics (
  trial_id,       -- 32 hexadecimal digits
  analysis,       -- name of what was looked at
  evaluation_id,  -- 32 hexadecimal digits
  attention,      -- encoder, decoder or cross
  layer,          -- 0 is nearest the input
  head,           -- counted from 0
  statistic,      -- name: gini, distance, spectral_gap, ...
  value           -- unit and range: the statistic's; NULL: NaN
) AS
SELECT t.trial_id, v.name, v.evaluation_id, k.name, h.layer, h.head, n.name, h.value
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_head_statistics h USING (evaluation)
JOIN attention_kinds k ON k.attention = h.attention
JOIN statistics n ON n.statistic = h.statistic;
