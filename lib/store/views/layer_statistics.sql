-- One row per trial, evaluation, layer and statistic of a whole layer, of the newest attempt that took the step. `ablate list
-- statistics` defines them.
CREATE VIEW layer_statistics (
  trial_id,   -- 32 hexadecimal digits
  step,       -- optimizer steps taken at the evaluation
  attention,  -- encoder, decoder or cross
  layer,      -- 0 is nearest the input
  statistic,  -- name: js_diversity, ...
  value       -- unit and range: the statistic's; NULL: NaN
) AS
SELECT t.trial_id, s.step, k.name, l.layer, n.name, l.value
FROM trials t
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_layer_statistics l ON l.snapshot = s.snapshot
JOIN attention_kinds k ON k.attention = l.attention
JOIN statistics n ON n.statistic = l.statistic;
