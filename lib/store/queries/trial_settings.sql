-- All that counts for a trial's id: fields that are read and differ from their defaults.
-- Parameters
--   trial  id of the trial, or its beginning
-- Columns
--   trial_id  32 hexadecimal digits
--   field     path: attention.sparsity.level
--   value     canonical text; of a data file its digest
SELECT trial_id, field, value FROM settings WHERE trial_id LIKE :trial || '%' ORDER BY trial_id, field
