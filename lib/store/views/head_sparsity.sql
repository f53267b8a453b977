-- One row per arm and head: the means over the arm's succeeded trials, each at its last evaluation.
CREATE VIEW head_sparsity (
  experiment,    -- name of the experiment
  arm,           -- trials that differ only in seed share it
  attention,     -- encoder, decoder or cross
  layer,         -- 0 is nearest the input
  head,          -- counted from 0
  n,             -- succeeded trials with statistics
  density,       -- share of valid (query, key) pairs in the support, [0, 1]
  support_size,  -- mean number of keys that a query attends
  entropy,       -- mean over queries, in nats
  alpha          -- entmax's alpha: the learned one where it is learned; NULL: no entmax
) AS
SELECT e.name, et.arm, d.attention, d.layer, d.head, COUNT(*), AVG(d.density), AVG(d.support_size), AVG(d.entropy), AVG(d.alpha)
FROM experiments e
JOIN experiment_trials et ON et.experiment = e.experiment AND et.state = 'succeeded'
JOIN trials t USING (trial)
JOIN head_density d ON d.trial_id = t.trial_id
GROUP BY e.experiment, et.arm_position, et.arm, d.attention, d.layer, d.head
ORDER BY e.experiment, et.arm_position, d.attention, d.layer, d.head;
