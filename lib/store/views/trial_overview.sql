-- One row per trial of each experiment, in the experiment's order: its state, how far it is, what it reached, and what it is.
CREATE VIEW trial_overview (
  experiment,          -- name of the experiment
  arm,                 -- trials that differ only in seed share it
  trial_id,            -- 32 hexadecimal digits
  seed,                -- above 2^63 - 1: minus 2^64
  state,               -- in this experiment: pending, running, succeeded, stopped, failed, cancelled
  step,                -- last optimizer step told of by its newest attempt; NULL before the first
  metric,              -- the metric that counts in the experiment
  value,               -- of that metric, last or best as the experiment says; of unfinished trials so far; NULL: none, or NaN
  last_step,           -- step of the metric's last value
  last_value,          -- the metric's last value
  best_step,           -- first step with the metric's best value
  best_value,          -- the metric's best value
  attempts,            -- attempts begun
  failures,            -- attempts that failed, or were blamed for a crash
  task,                -- kind of task: text_classification, ...
  model,               -- kind of model: encoder, ...
  normalizer,          -- how scores become probabilities: softmax, entmax, ...
  alpha,               -- entmax's, [1, 2]; of learned ones the start; NULL: not read
  alpha_learned,       -- 1: alpha is learned per head; NULL: not read
  top_k,               -- keys kept by top_k_softmax; NULL: not read
  sparsity_structure,  -- imposed on attention: NONE, TOP_K_PER_QUERY, ...
  sparsity_level,      -- share of keys removed, [0, 1); NULL: nothing, or by another measure
  k                    -- target degree of the balance loss; NULL: no balance
) AS
SELECT e.name, et.arm, t.trial_id, t.seed, et.state,
       (SELECT a.last_step FROM attempts a WHERE a.trial = t.trial AND a.last_step IS NOT NULL ORDER BY a.attempt DESC LIMIT 1),
       m.name, CASE e.at WHEN 'BEST' THEN r.best_value ELSE r.last_value END,
       r.last_step, r.last_value, r.best_step, r.best_value,
       (SELECT COUNT(a.first_step) FROM attempts a WHERE a.trial = t.trial),
       (SELECT COUNT(*) FROM attempts a WHERE a.trial = t.trial AND a.outcome IN ('failed', 'crashed')),
       t.task, t.model, t.normalizer, t.alpha, t.alpha_learned, t.top_k, t.sparsity_structure, t.sparsity_level, t.k
FROM experiments e
JOIN metrics m USING (metric)
JOIN experiment_trials et USING (experiment)
JOIN trials t USING (trial)
LEFT JOIN trial_results r ON r.experiment = et.experiment AND r.trial = et.trial
ORDER BY e.experiment, et.position;
