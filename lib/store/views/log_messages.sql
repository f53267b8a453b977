-- One row per line that a worker or the runner wrote for a person, oldest first.
CREATE VIEW log_messages (
  launch,    -- name of the launch
  trial_id,  -- NULL: about the whole launch
  time,      -- UTC
  severity,  -- INFO, WARNING, ERROR
  text       -- the line
) AS
SELECT l.name, t.trial_id, strftime('%Y-%m-%dT%H:%M:%SZ', m.time_us / 1000000, 'unixepoch'), m.severity, m.text
FROM messages m JOIN launches l USING (launch) LEFT JOIN trials t USING (trial)
ORDER BY m.time_us, m.message;
