-- One row per trial that was evaluated: its last set of attention statistics. The other views build on it.
CREATE VIEW last_snapshots (
  trial,     -- key of the trial in the table trials
  snapshot,  -- key of the set in the raw tables
  step       -- optimizer steps taken at the evaluation
) AS
SELECT a.trial, s.snapshot, MAX(s.step)
FROM snapshots s JOIN attempts a ON a.attempt = s.attempt AND s.step < a.void_from
GROUP BY a.trial;
