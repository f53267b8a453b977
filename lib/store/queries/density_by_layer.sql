-- How sparse attention is in each layer of each arm, at the last evaluation, over heads and seeds.
-- Parameters
--   experiment  name of the experiment
-- Columns
--   arm           trials that differ only in seed share it
--   attention     encoder, decoder or cross
--   layer         0 is nearest the input
--   density       mean share of (query, key) pairs in the support
--   lowest        density of the sparsest head, its mean over seeds
--   highest       density of the densest head, its mean over seeds
--   support_size  mean number of keys that a query attends
--   entropy       mean, in nats
SELECT arm, attention, layer, AVG(density) AS density, MIN(density) AS lowest, MAX(density) AS highest,
       AVG(support_size) AS support_size, AVG(entropy) AS entropy
FROM head_sparsity
WHERE experiment = :experiment
GROUP BY arm, attention, layer
ORDER BY arm, attention, layer
