-- One row per attempt of a trial that failed or was blamed for a crash, in each experiment with the trial; newest first.
CREATE VIEW failures (
  experiment,     -- name of the experiment
  arm,            -- trials that differ only in seed share it
  trial_id,       -- 32 hexadecimal digits
  seed,           -- of the trial
  state,          -- of the trial now: it may have succeeded since
  attempt,        -- counted from 1; NULL: it did not begin
  outcome,        -- failed: the trial gave an error, or was given up; crashed: its process died
  failure_class,  -- nan, out_of_memory, bad_data, crash, internal, ...
  message,        -- what happened, one line
  step,           -- last optimizer step told of
  launch,         -- name of the launch
  folder,         -- of the launch, with its log.txt; relative to the database's folder
  ended           -- UTC
) AS
SELECT e.name, et.arm, t.trial_id, t.seed, et.state, a.number, a.outcome, a.failure_class, a.message, a.last_step, l.name,
       l.folder, strftime('%Y-%m-%dT%H:%M:%SZ', a.end_us / 1000000, 'unixepoch')
FROM attempts a
JOIN launches l USING (launch)
JOIN trials t USING (trial)
JOIN experiment_trials et USING (trial)
JOIN experiments e USING (experiment)
WHERE a.outcome IN ('failed', 'crashed')
ORDER BY e.experiment, a.end_us DESC, et.position;
