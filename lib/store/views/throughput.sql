-- One row per launch, newest first: what ran where, how fast. Times of trials in an array are nobody's, so they are the
-- launch's.
CREATE VIEW throughput (
  launch,            -- name of the launch
  host,              -- NULL until the worker told
  device,            -- cpu, cuda:N
  device_name,       -- what the device calls itself
  threads,           -- inside an operator
  versions,          -- of what computed
  trials,            -- in the array
  steps,             -- optimizer steps taken, summed over the trials
  seconds,           -- in training and evaluation; NULL until the launch ended by itself
  steps_per_second,  -- steps / seconds
  peak_mib,          -- largest resident memory of the worker so far
  began,             -- UTC
  exit_reason        -- NULL: it goes on
) AS
SELECT l.name, l.host, l.device, l.device_name, l.threads, l.versions, COUNT(a.attempt),
       SUM(COALESCE(a.last_step - a.first_step + 1, 0)), l.seconds,
       CASE WHEN l.seconds > 0 THEN SUM(COALESCE(a.last_step - a.first_step + 1, 0)) / l.seconds END,
       l.peak_bytes / 1048576.0, strftime('%Y-%m-%dT%H:%M:%SZ', l.begin_us / 1000000, 'unixepoch'), l.exit_reason
FROM launches l LEFT JOIN attempts a USING (launch)
GROUP BY l.launch
ORDER BY l.launch DESC;
