-- What `ablate analyze` finds out about finished trials: an analysis is an evaluation with settings of its own.

ALTER TABLE evaluations ADD COLUMN analysis TEXT NOT NULL DEFAULT '';  -- its settings, in proto text; '': of `ablate evaluate`

CREATE TABLE evaluation_head_statistics (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  statistic INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (evaluation, attention, layer, head, statistic)
) WITHOUT ROWID;

CREATE TABLE evaluation_layer_statistics (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  statistic INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (evaluation, attention, layer, statistic)
) WITHOUT ROWID;

-- How many queries (out) or keys (in) have a degree.
CREATE TABLE evaluation_degrees (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  degree INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (evaluation, attention, layer, head, direction, degree)
) WITHOUT ROWID;

-- How often a head's strongest key is the other end of a syntactic relation.
CREATE TABLE evaluation_relations (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  attention INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  head INTEGER NOT NULL,
  relation TEXT NOT NULL,               -- Universal Dependencies' name, without a subtype
  direction TEXT NOT NULL CHECK (direction IN ('head', 'dependent')),  -- what is looked for
  pairs INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  PRIMARY KEY (evaluation, attention, layer, head, relation, direction)
) WITHOUT ROWID;

-- What knows nothing of a sentence gets right of a relation.
CREATE TABLE evaluation_relation_baselines (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  relation TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('head', 'dependent')),
  pairs INTEGER NOT NULL,
  best_offset INTEGER NOT NULL,         -- words, above 0 to the right
  best_offset_correct INTEGER NOT NULL,
  random_share REAL NOT NULL,           -- expected of a word drawn evenly
  PRIMARY KEY (evaluation, relation, direction)
) WITHOUT ROWID;

-- Attributions between words by their distance in the dependency tree.
CREATE TABLE evaluation_distances (
  evaluation INTEGER NOT NULL REFERENCES evaluations,
  method TEXT NOT NULL,
  distance INTEGER NOT NULL,            -- edges
  pairs INTEGER NOT NULL,
  mean REAL,                            -- share of a word's attribution to other words
  by_offset REAL,                       -- the same if it depended on the words' places alone
  random REAL,                          -- the same if all words had the same share
  PRIMARY KEY (evaluation, method, distance)
) WITHOUT ROWID;
