-- Tables as the writer keeps them. The public face are the views of lib/store/views; `raw_` marks a table whose rows are keyed
-- by attempt or snapshot and also hold what a later attempt has made void. Integer keys, since a point then costs about 20
-- bytes. A step is the number of optimizer steps taken. NaN is stored as NULL (SQLite has none), infinities as they are.

CREATE TABLE experiments (
  experiment INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  question TEXT NOT NULL,
  text TEXT NOT NULL,            -- the file as read
  digest TEXT NOT NULL,          -- of text and settings
  metric INTEGER NOT NULL REFERENCES metrics,
  goal TEXT NOT NULL CHECK (goal IN ('MAXIMIZE', 'MINIMIZE')),
  at TEXT NOT NULL CHECK (at IN ('LAST', 'BEST')),
  recorded_us INTEGER NOT NULL   -- first recorded, microseconds since 1970
);

-- Facts about a trial, whatever experiments it is part of. A column is NULL where the trial does not read the field.
CREATE TABLE trials (
  trial INTEGER PRIMARY KEY,
  trial_id TEXT NOT NULL UNIQUE,
  task TEXT NOT NULL,
  model TEXT NOT NULL,
  normalizer TEXT NOT NULL,
  alpha REAL,                    -- entmax: the value, or the start of a learned one
  alpha_learned INTEGER,         -- entmax: 0 or 1
  top_k INTEGER,                 -- top_k_softmax
  sparsity_structure TEXT NOT NULL,
  sparsity_level REAL,           -- where a structure is imposed
  k INTEGER,                     -- balance.k, where above 0
  seed INTEGER NOT NULL,         -- above 2^63 - 1: minus 2^64
  finished_step INTEGER          -- the trial succeeded with this step; NULL before
);

CREATE TABLE experiment_trials (
  experiment INTEGER NOT NULL REFERENCES experiments,
  trial INTEGER NOT NULL REFERENCES trials,
  position INTEGER NOT NULL,     -- of the trial in the experiment, from 0
  arm TEXT NOT NULL,
  arm_position INTEGER NOT NULL, -- of the arm in the experiment, from 0
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'stopped', 'failed', 'cancelled')),
  PRIMARY KEY (experiment, trial)
) WITHOUT ROWID;
CREATE INDEX experiments_of_trial ON experiment_trials (trial);

-- Every field that counts for a trial's id: read, and different from its default.
CREATE TABLE trial_settings (
  trial INTEGER NOT NULL REFERENCES trials,
  field TEXT NOT NULL,           -- path: attention.sparsity.level
  value TEXT NOT NULL,           -- canonical
  PRIMARY KEY (trial, field)
) WITHOUT ROWID;

CREATE TABLE claims (
  experiment INTEGER NOT NULL REFERENCES experiments,
  position INTEGER NOT NULL,     -- in the file, from 0
  arm TEXT NOT NULL,
  baseline TEXT NOT NULL,
  at_least REAL NOT NULL,        -- smallest claimed difference of the means, arm - baseline
  source TEXT NOT NULL,
  PRIMARY KEY (experiment, position)
) WITHOUT ROWID;

CREATE TABLE launches (
  launch INTEGER PRIMARY KEY,    -- later launches have larger ones
  name TEXT NOT NULL UNIQUE,
  folder TEXT NOT NULL,          -- relative to the database's folder, if below it
  backend TEXT NOT NULL,
  device TEXT NOT NULL,
  command_line TEXT NOT NULL,
  git_commit TEXT NOT NULL,
  git_diff_digest TEXT NOT NULL, -- of uncommitted changes; empty without any
  ablate_version TEXT NOT NULL,
  recorded_us INTEGER NOT NULL,  -- by the runner, microseconds since 1970
  host TEXT,                     -- from here on as the worker said; NULL until it did
  pid INTEGER,
  device_name TEXT,
  threads INTEGER,
  versions TEXT,                 -- of what computed, joined by "; "
  begin_us INTEGER,
  end_us INTEGER,
  seconds REAL,                  -- in training and evaluation
  peak_bytes INTEGER,
  exit_reason TEXT,              -- by the runner; NULL: not ended
  collected INTEGER NOT NULL DEFAULT 0  -- sequence of the last event of its log that is in here
);
CREATE INDEX open_launches ON launches (launch) WHERE exit_reason IS NULL;

-- One trial's part in a launch. Its points from void_from on are void: a later attempt takes those steps again.
CREATE TABLE attempts (
  attempt INTEGER PRIMARY KEY,   -- later attempts of a trial have larger ones
  trial INTEGER NOT NULL REFERENCES trials,
  launch INTEGER NOT NULL REFERENCES launches,
  number INTEGER,                -- as the worker said, counted from 1; NULL until it begins
  first_step INTEGER,            -- counted from 1; NULL until it begins
  void_from INTEGER NOT NULL DEFAULT 9223372036854775807,
  begin_us INTEGER,
  end_us INTEGER,
  last_step INTEGER,             -- newest that it told of; NULL before the first
  outcome TEXT CHECK (outcome IN ('succeeded', 'left', 'stopped', 'failed', 'crashed', 'interrupted')),  -- NULL: goes on
  failure_class TEXT,
  message TEXT,
  UNIQUE (trial, launch)
);
CREATE INDEX attempts_of_launch ON attempts (launch);

CREATE TABLE metrics (
  metric INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE raw_metric_points (
  attempt INTEGER NOT NULL,
  metric INTEGER NOT NULL,
  step INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (attempt, metric, step)
) WITHOUT ROWID;

-- The metric that counts in the experiment, without void points: what leaderboards read.
CREATE TABLE trial_results (
  experiment INTEGER NOT NULL,
  trial INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  last_value REAL,
  best_step INTEGER,             -- the first with the best value; NULL where all values are NaN
  best_value REAL,
  PRIMARY KEY (experiment, trial)
) WITHOUT ROWID;

-- A set of attention statistics: of one evaluation of one attempt.
CREATE TABLE snapshots (
  snapshot INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL REFERENCES attempts,
  step INTEGER NOT NULL,
  UNIQUE (attempt, step)
);

-- Names in the statistics catalogue.
CREATE TABLE statistics (
  statistic INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- encoder, decoder, cross.
CREATE TABLE attention_kinds (
  attention INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE raw_head_statistics (
  snapshot INTEGER NOT NULL,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  statistic INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (snapshot, attention, layer, head, statistic)
) WITHOUT ROWID;

CREATE TABLE raw_layer_statistics (
  snapshot INTEGER NOT NULL,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  statistic INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (snapshot, attention, layer, statistic)
) WITHOUT ROWID;

-- How many queries (out) or keys (in) have a degree.
CREATE TABLE raw_degrees (
  snapshot INTEGER NOT NULL,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  degree INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (snapshot, attention, layer, head, direction, degree)
) WITHOUT ROWID;

CREATE TABLE checkpoints (
  attempt INTEGER NOT NULL REFERENCES attempts,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,            -- relative to the launch's folder
  bytes INTEGER NOT NULL,
  written_us INTEGER NOT NULL,
  PRIMARY KEY (attempt, step)
) WITHOUT ROWID;

CREATE TABLE messages (
  message INTEGER PRIMARY KEY,
  launch INTEGER NOT NULL REFERENCES launches,
  trial INTEGER REFERENCES trials,  -- NULL: the launch
  time_us INTEGER NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'ERROR')),
  text TEXT NOT NULL
);
CREATE INDEX messages_of_launch ON messages (launch);
