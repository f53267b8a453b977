-- One row per trial, evaluation, head and statistic, of the newest attempt that took the step. `ablate list statistics` defines
-- them.
CREATE VIEW head_statistics (
  trial_id,   -- 32 hexadecimal digits
  step,       -- optimizer steps taken at the evaluation
  attention,  -- encoder, decoder or cross
  layer,      -- 0 is nearest the input
  head,       -- counted from 0
  statistic,  -- name: density, entropy, ...
  value       -- unit and range: the statistic's; NULL: NaN
) AS
SELECT t.trial_id, s.step, k.name, h.layer, h.head, n.name, h.value
FROM trials t
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_head_statistics h ON h.snapshot = s.snapshot
JOIN attention_kinds k ON k.attention = h.attention
JOIN statistics n ON n.statistic = h.statistic;
