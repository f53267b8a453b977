#include "lib/attribution/relations.h"

#include <cstdlib>

namespace ablate::attribution {
namespace {

// f(relation, direction, place of the query, place that is looked for).
template <typename F>
void ForEachPair(const tasks::DependencyTree& tree, F f) {
  for (size_t word = 0; word < tree.size(); ++word) {
    if (tree[word].head < 0) continue;
    const auto head = static_cast<size_t>(tree[word].head);
    f(tree[word].relation, "head", word, head);
    f(tree[word].relation, "dependent", head, word);
  }
}

// Place of the strongest other word; `words` where all have weight 0.
size_t Strongest(const double* row, size_t words, size_t query) {
  size_t best = words;
  for (size_t i = 0; i < words; ++i) {
    if (i != query && row[i] > (best == words ? 0 : row[best])) best = i;
  }
  return best;
}

bool Better(const std::pair<const int32_t, uint64_t>& a, const std::pair<int32_t, uint64_t>& b) {
  if (a.second != b.second) return a.second > b.second;
  return std::abs(a.first) < std::abs(b.first);
}

}  // namespace

void Relations::AddSentence(const tasks::DependencyTree& tree) {
  ForEachPair(tree, [&](const std::string& relation, const char* direction, size_t query, size_t sought) {
    Baseline& baseline = baselines_[{relation, direction}];
    ++baseline.pairs;
    baseline.random += 1.0 / static_cast<double>(tree.size() - 1);
    ++baseline.offsets[static_cast<int32_t>(sought) - static_cast<int32_t>(query)];
  });
}

void Relations::AddMap(const tasks::DependencyTree& tree, int layer, int head, const std::vector<double>& map) {
  std::map<Name, uint64_t>& correct = correct_[{layer, head}];
  std::vector<size_t> strongest(tree.size());
  for (size_t i = 0; i < tree.size(); ++i) strongest[i] = Strongest(map.data() + i * tree.size(), tree.size(), i);
  ForEachPair(tree, [&](const std::string& relation, const char* direction, size_t query, size_t sought) {
    correct[{relation, direction}] += strongest[query] == sought;
  });
}

void Relations::Write(const std::string& attention, EvaluationResult& result) const {
  for (const auto& [name, baseline] : baselines_) {
    std::pair<int32_t, uint64_t> best = {0, 0};
    for (const auto& offset : baseline.offsets) {
      if (Better(offset, best)) best = offset;
    }
    RelationBaseline& row = *result.add_relation_baseline();
    row.set_relation(name.first);
    row.set_direction(name.second);
    row.set_pairs(baseline.pairs);
    row.set_best_offset(best.first);
    row.set_best_offset_correct(best.second);
    row.set_random_share(baseline.random / static_cast<double>(baseline.pairs));
  }
  for (const auto& [place, correct] : correct_) {
    for (const auto& [name, count] : correct) {
      RelationAccuracy& row = *result.add_relation();
      row.set_attention(attention);
      row.set_layer(static_cast<uint32_t>(place.first));
      row.set_head(static_cast<uint32_t>(place.second));
      row.set_relation(name.first);
      row.set_direction(name.second);
      row.set_pairs(baselines_.at(name).pairs);
      row.set_correct(count);
    }
  }
}

}  // namespace ablate::attribution
