-- What launches tell about the cost of trials, and what early stopping has decided.

ALTER TABLE launches ADD COLUMN shape TEXT;                 -- digest of what the trials of its array have in common
ALTER TABLE launches ADD COLUMN slot_bytes INTEGER;         -- memory that its slot had for tensors; NULL: not known
ALTER TABLE launches ADD COLUMN device_peak_bytes INTEGER;  -- on a GPU: most memory of tensors; NULL: not told

-- An arm that has been compared with others at a rung, and whether it went on.
CREATE TABLE rungs (
  experiment INTEGER NOT NULL REFERENCES experiments,
  arm TEXT NOT NULL,
  rung INTEGER NOT NULL,         -- counted from 1
  value REAL,                    -- that was compared: a mean over seeds; NULL: no seed had one
  seeds INTEGER NOT NULL,        -- that the mean is over
  kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
  decided_us INTEGER NOT NULL,
  PRIMARY KEY (experiment, arm, rung)
) WITHOUT ROWID;
