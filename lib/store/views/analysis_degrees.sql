-- One row per analysis of a trial, head, direction and degree that occurred: how many keys a query attends, and by how many
-- queries a key is attended.
CREATE VIEW analysis_degrees (
  trial_id,       -- 32 hexadecimal digits
  analysis,       -- name of what was looked at
  evaluation_id,  -- 32 hexadecimal digits
  attention,      -- encoder, decoder or cross
  layer,          -- 0 is nearest the input
  head,           -- counted from 0
  direction,      -- out: keys that a query attends; in: queries that attend a key
  degree,         -- of the query or key
  count           -- how many queries or keys of the examples have the degree
) AS
SELECT t.trial_id, v.name, v.evaluation_id, k.name, d.layer, d.head, d.direction, d.degree, d.count
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_degrees d USING (evaluation)
JOIN attention_kinds k ON k.attention = d.attention;
