-- One row per analysis of a trial on a treebank, head, syntactic relation and direction: how often the word that the head
-- attends most is the other end of the relation, beside what knows nothing of the sentence gets right.
CREATE VIEW relation_accuracy (
  trial_id,              -- 32 hexadecimal digits
  analysis,              -- name of the treebank's file
  evaluation_id,         -- 32 hexadecimal digits
  attention,             -- encoder, decoder or cross
  layer,                 -- 0 is nearest the input
  head,                  -- counted from 0
  relation,              -- of Universal Dependencies, without a subtype: nsubj, det, ...
  direction,             -- head: a word's syntactic head is looked for; dependent: a head's dependent is
  pairs,                 -- of words that stand in the relation
  accuracy,              -- share of pairs that the head finds, [0, 1]
  best_offset,           -- the distance in words, above 0 to the right, that finds most of them
  best_offset_accuracy,  -- share of pairs that are that far apart, [0, 1]
  random_accuracy        -- expected share of a word drawn evenly from the others of the sentence, [0, 1]
) AS
SELECT t.trial_id, v.name, v.evaluation_id, k.name, r.layer, r.head, r.relation, r.direction, r.pairs,
       1.0 * r.correct / r.pairs, b.best_offset, 1.0 * b.best_offset_correct / b.pairs, b.random_share
FROM evaluations v
JOIN trials t USING (trial)
JOIN evaluation_relations r USING (evaluation)
JOIN evaluation_relation_baselines b USING (evaluation, relation, direction)
JOIN attention_kinds k ON k.attention = r.attention;
