-- Where a launch came from, beyond what its first columns say. Texts that many launches share are kept once.

-- A patch, or an experiment file.
CREATE TABLE texts (
  digest TEXT PRIMARY KEY,       -- SHA-256, 64 hexadecimal digits
  text TEXT NOT NULL
) WITHOUT ROWID;

ALTER TABLE launches ADD COLUMN system TEXT NOT NULL DEFAULT '';            -- kernel, processor, NVIDIA driver
ALTER TABLE launches ADD COLUMN untracked_digest TEXT NOT NULL DEFAULT '';  -- of files that git doesn't know; empty: none
ALTER TABLE launches ADD COLUMN spec_digest TEXT NOT NULL DEFAULT '';       -- of the experiment file as it was read
ALTER TABLE launches ADD COLUMN data_files TEXT NOT NULL DEFAULT '';        -- path and digest of each, a line each
