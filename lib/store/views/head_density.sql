-- One row per trial and head, at the trial's last evaluation: how sparse the head's attention is.
CREATE VIEW head_density (
  trial_id,      -- 32 hexadecimal digits
  step,          -- optimizer steps taken at the evaluation
  attention,     -- encoder, decoder or cross
  layer,         -- 0 is nearest the input
  head,          -- counted from 0
  density,       -- share of valid (query, key) pairs in the support, [0, 1]; 1 - density is the sparsity
  support_size,  -- mean number of keys that a query attends
  entropy,       -- mean over queries, in nats
  alpha          -- entmax's alpha of the head: the learned one where it is learned; NULL: no entmax
) AS
SELECT t.trial_id, l.step, k.name, h.layer, h.head,
       MAX(CASE n.name WHEN 'density' THEN h.value END), MAX(CASE n.name WHEN 'support_size' THEN h.value END),
       MAX(CASE n.name WHEN 'entropy' THEN h.value END), COALESCE(MAX(CASE n.name WHEN 'alpha' THEN h.value END), t.alpha)
FROM trials t
JOIN last_snapshots l USING (trial)
JOIN raw_head_statistics h ON h.snapshot = l.snapshot
JOIN attention_kinds k ON k.attention = h.attention
JOIN statistics n ON n.statistic = h.statistic
GROUP BY t.trial_id, k.name, h.layer, h.head;
