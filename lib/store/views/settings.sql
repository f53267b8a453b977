-- One row per trial and field that counts for its id: read, and different from its default.
CREATE VIEW settings (
  trial_id,  -- 32 hexadecimal digits
  field,     -- path: attention.sparsity.level
  value      -- canonical text; of a data file its digest
) AS
SELECT t.trial_id, s.field, s.value FROM trials t JOIN trial_settings s USING (trial);
