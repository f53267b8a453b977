-- One row per evaluation on a second set and example: what the trial said.
CREATE VIEW predictions (
  trial_id,       -- 32 hexadecimal digits
  evaluation,     -- name of the set
  evaluation_id,  -- 32 hexadecimal digits
  line,           -- of the example in the set's file, counted from 1
  label,          -- name of its class
  prediction,     -- name of the class that the trial gives it
  correct,        -- 1: they are the same, else 0
  score           -- probability that the trial gives its prediction; NULL: NaN
) AS
SELECT t.trial_id, v.name, v.evaluation_id, p.line, l.name, q.name, p.label = p.prediction, p.score
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_predictions p USING (evaluation)
JOIN evaluation_classes l ON l.evaluation = p.evaluation AND l.class = p.label
JOIN evaluation_classes q ON q.evaluation = p.evaluation AND q.class = p.prediction;
