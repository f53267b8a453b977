-- One row per trial, evaluation, head, direction and degree that occurred: the distribution of how many keys a query attends,
-- and by how many queries a key is attended; of the newest attempt that took the step.
CREATE VIEW degrees (
  trial_id,   -- 32 hexadecimal digits
  step,       -- optimizer steps taken at the evaluation
  attention,  -- encoder, decoder or cross
  layer,      -- 0 is nearest the input
  head,       -- counted from 0
  direction,  -- out: keys that a query attends; in: queries that attend a key
  degree,     -- of the query or key
  count       -- how many queries or keys of the validation set have the degree
) AS
SELECT t.trial_id, s.step, k.name, d.layer, d.head, d.direction, d.degree, d.count
FROM trials t
JOIN attempts a USING (trial)
JOIN snapshots s ON s.attempt = a.attempt AND s.step < a.void_from
JOIN raw_degrees d ON d.snapshot = s.snapshot
JOIN attention_kinds k ON k.attention = d.attention;
