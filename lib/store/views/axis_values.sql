-- One row per experiment, trial and field that is set in any trial of the experiment: the value that the trial has. Trials that
-- don't read one of the fields with a column in trial_overview have no row for it. Other views build on it.
CREATE VIEW axis_values (
  experiment,  -- key of the experiment in the table experiments
  trial,       -- key of the trial in the table trials
  field,       -- path of the field: attention.alpha
  value        -- of the field, as text; "(default)": at its default, or not read
) AS
WITH
typed AS (
  SELECT trial, 'attention.normalizer' AS field, normalizer AS value FROM trials
  UNION ALL SELECT trial, 'attention.alpha', CAST(alpha AS TEXT) FROM trials
  UNION ALL SELECT trial, 'attention.alpha_learned', CASE alpha_learned WHEN 1 THEN 'true' WHEN 0 THEN 'false' END FROM trials
  UNION ALL SELECT trial, 'attention.top_k', CAST(top_k AS TEXT) FROM trials
  UNION ALL SELECT trial, 'attention.sparsity.structure', sparsity_structure FROM trials
  UNION ALL SELECT trial, 'attention.sparsity.level', CAST(sparsity_level AS TEXT) FROM trials
  UNION ALL SELECT trial, 'attention.balance.k', CAST(COALESCE(k, 0) AS TEXT) FROM trials
  UNION ALL SELECT trial, 'task', task FROM trials
  UNION ALL SELECT trial, 'model', model FROM trials
),
set_fields AS (
  SELECT DISTINCT et.experiment, s.field
  FROM experiment_trials et JOIN trial_settings s USING (trial)
  WHERE s.field != 'seed' AND s.field NOT IN (SELECT field FROM typed)
)
SELECT et.experiment, et.trial, typed.field, typed.value
FROM experiment_trials et JOIN typed USING (trial) WHERE typed.value IS NOT NULL
UNION ALL
SELECT et.experiment, et.trial, f.field, COALESCE(s.value, '(default)')
FROM experiment_trials et
JOIN set_fields f ON f.experiment = et.experiment
LEFT JOIN trial_settings s ON s.trial = et.trial AND s.field = f.field;
