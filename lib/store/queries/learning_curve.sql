-- One metric of one trial over its steps.
-- Parameters
--   trial   id of the trial, or its beginning
--   metric  name: train/loss, validation/accuracy, ...
-- Columns
--   step   optimizer steps taken
--   value  of the metric; NULL: NaN
SELECT p.step, p.value
FROM trials t JOIN metric_points p USING (trial_id)
WHERE t.trial_id LIKE :trial || '%' AND p.metric = :metric
ORDER BY p.step
