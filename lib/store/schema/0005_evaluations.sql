-- Finished trials on second sets, which `ablate evaluate` makes. They hang on no attempt: an evaluation is of a trial's last
-- weights, and the same one again changes nothing.

CREATE TABLE evaluations (
  evaluation INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL UNIQUE,  -- 32 hexadecimal digits: a digest of trial, set and the content of its file
  trial INTEGER NOT NULL REFERENCES trials,
  launch INTEGER NOT NULL REFERENCES launches,
  name TEXT NOT NULL,                  -- of the set
  settings TEXT NOT NULL,              -- the set, in proto text
  step INTEGER NOT NULL,               -- optimizer steps behind the weights
  examples INTEGER NOT NULL,
  evaluated_us INTEGER NOT NULL        -- microseconds since 1970
);
CREATE INDEX evaluations_of_trial ON evaluations (trial);

CREATE TABLE evaluation_metrics (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  metric TEXT NOT NULL,                -- accuracy, loss, skipped_rows
  value REAL,
  PRIMARY KEY (evaluation, metric)
) WITHOUT ROWID;

-- Names of the classes that predictions are numbered by.
CREATE TABLE evaluation_classes (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  class INTEGER NOT NULL,              -- counted from 0
  name TEXT NOT NULL,
  PRIMARY KEY (evaluation, class)
) WITHOUT ROWID;

CREATE TABLE evaluation_predictions (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  line INTEGER NOT NULL,               -- of the example in its file, counted from 1
  label INTEGER NOT NULL,              -- class in the file
  prediction INTEGER NOT NULL,         -- class that the trial gives it
  score REAL,                          -- probability that it gives that class
  PRIMARY KEY (evaluation, line)
) WITHOUT ROWID;
