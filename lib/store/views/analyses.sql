-- One row per experiment, trial and analysis (`ablate analyze`): what was looked at.
CREATE VIEW analyses (
  experiment,     -- name
  arm,            -- trials that differ only in seed share it
  seed,           -- of the trial
  analysis,       -- name of what was looked at: validation, train, a second set's name, a file's
  examples,       -- that were looked at; of a treebank sentences
  accuracy,       -- of the trial on them, [0, 1]; NULL: of a treebank
  settings,       -- of the analysis, in proto text
  trial_id,       -- 32 hexadecimal digits
  evaluation_id   -- 32 hexadecimal digits: other settings, or another content of the file, are another analysis
) AS
SELECT e.name, et.arm, t.seed, v.name, v.examples,
       (SELECT m.value FROM evaluation_metrics m WHERE m.evaluation = v.evaluation AND m.metric = 'accuracy'), v.analysis,
       t.trial_id, v.evaluation_id
FROM evaluations v
JOIN trials t USING (trial)
JOIN experiment_trials et USING (trial)
JOIN experiments e USING (experiment)
WHERE v.analysis <> '';
