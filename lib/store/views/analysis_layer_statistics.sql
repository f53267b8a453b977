-- One row per analysis of a trial, layer and statistic of a whole layer, FULL set included. `ablate list statistics` defines
-- them.
CREATE VIEW analysis_layer_statistics (
  trial_id,       -- 32 hexadecimal digits
  analysis,       -- name of what was looked at
  evaluation_id,  -- 32 hexadecimal digits
  attention,      -- encoder, decoder or cross
  layer,          -- 0 is nearest the input
  statistic,      -- name: reach, effective_receptive_field, js_share, ...
  value           -- unit and range: the statistic's; NULL: NaN
) AS
SELECT t.trial_id, v.name, v.evaluation_id, k.name, l.layer, n.name, l.value
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_layer_statistics l USING (evaluation)
JOIN attention_kinds k ON k.attention = l.attention
JOIN statistics n ON n.statistic = l.statistic;
