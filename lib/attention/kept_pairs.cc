#include "lib/attention/kept_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace ablate::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsMasked(double score) { return score == -kInfinity; }

// A NaN has no place in an order; the row that it spoils is spoilt whichever pairs stay.
double Ordered(double priority) { return std::isnan(priority) ? std::numeric_limits<double>::lowest() : priority; }

}  // namespace

int64_t KeptCount(double level, int64_t basis, int64_t n) {
  if (n == 0) return 0;
  const auto kept = static_cast<int64_t>(std::ceil((1 - level) * static_cast<double>(basis) - 1e-6));
  return std::clamp<int64_t>(kept, 1, n);
}

bool PairKeeper::IsProtected(int64_t query, int64_t key) const {
  return (settings_.protect() == Sparsity::FIRST_TOKEN && key == 0) || (settings_.protect() == Sparsity::SELF && key == query);
}

// `scores`: of the query's row.
double PairKeeper::Priority(const double* scores, int64_t query, int64_t key) const {
  if (IsProtected(query, key)) return kInfinity;
  switch (settings_.structure()) {
    case Sparsity::BOTTOM_K:
      return Ordered(-scores[key]);
    case Sparsity::RANDOM:
      return bits_[key];
    case Sparsity::WINDOW:
      return -static_cast<double>(std::abs(query - key));
    default:
      return Ordered(scores[key]);
  }
}

// Of the candidates.
int64_t PairKeeper::CountOf(int64_t basis) const {
  const auto n = static_cast<int64_t>(candidates_.size());
  return KeptCount(settings_.level(), settings_.basis() == Sparsity::PADDED_LENGTH ? basis : n, n);
}

void PairKeeper::KeepHighest(int64_t count, uint8_t* keep) {
  if (count < static_cast<int64_t>(candidates_.size())) {
    std::nth_element(candidates_.begin(), candidates_.begin() + count, candidates_.end(), [this](int64_t a, int64_t b) {
      return priorities_[a] > priorities_[b] || (priorities_[a] == priorities_[b] && a < b);
    });
    candidates_.resize(count);
  }
  for (const int64_t candidate : candidates_) keep[candidate] = 1;
}

void PairKeeper::KeepOfRow(const double* scores, int64_t query, int64_t keys, uint8_t* keep) {
  candidates_.clear();
  for (int64_t key = 0; key < keys; ++key) {
    if (!IsMasked(scores[key])) candidates_.push_back(key);
  }
  if (candidates_.empty()) return;
  switch (settings_.structure()) {
    case Sparsity::THRESHOLD:
    case Sparsity::TOP_P:
      return KeepByMass(scores, query, keep);
    case Sparsity::N_OF_M:
      return KeepOfGroups(scores, query, keys, keep);
    case Sparsity::ATTENTION_DROPOUT:
      return KeepByChance(query, keep);
    default:
      break;
  }
  priorities_.resize(keys);
  for (const int64_t key : candidates_) priorities_[key] = Priority(scores, query, key);
  KeepHighest(CountOf(keys), keep);
}

// THRESHOLD and TOP_P, by the softmax of the row, in double.
void PairKeeper::KeepByMass(const double* scores, int64_t query, uint8_t* keep) {
  std::sort(candidates_.begin(), candidates_.end(), [&](int64_t a, int64_t b) {
    const double x = Priority(scores, query, a), y = Priority(scores, query, b);
    return x > y || (x == y && a < b);
  });
  double largest = -kInfinity, sum = 0;
  for (const int64_t key : candidates_) largest = std::max(largest, scores[key]);
  for (const int64_t key : candidates_) sum += std::exp(scores[key] - largest);
  double mass = 0;
  bool top = false;
  for (const int64_t key : candidates_) {
    const double probability = std::exp(scores[key] - largest) / sum;
    const bool first_top = !top && scores[key] == largest;
    const bool wanted = settings_.structure() == Sparsity::TOP_P ? mass < settings_.mass() - 1e-12
                                                                 : first_top || probability >= settings_.threshold();
    keep[key] = wanted || IsProtected(query, key) || std::isnan(sum);
    if (keep[key] != 0) mass += probability;
    top |= first_top;
  }
}

void PairKeeper::KeepOfGroups(const double* scores, int64_t query, int64_t keys, uint8_t* keep) {
  const auto m = static_cast<int64_t>(settings_.m());
  priorities_.resize(keys);
  for (int64_t begin = 0; begin < keys; begin += m) {
    candidates_.clear();
    for (int64_t key = begin; key < std::min(begin + m, keys); ++key) {
      if (IsMasked(scores[key])) continue;
      candidates_.push_back(key);
      priorities_[key] = Priority(scores, query, key);
    }
    KeepHighest(settings_.n(), keep);
  }
}

void PairKeeper::KeepByChance(int64_t query, uint8_t* keep) const {
  const auto dropped = static_cast<uint64_t>(std::llround(settings_.level() * 0x1p32));
  for (const int64_t key : candidates_) keep[key] = bits_[key] >= dropped || IsProtected(query, key);
}

void PairKeeper::KeepOfMap(const double* scores, MapShape shape, uint8_t* keep) {
  candidates_.clear();
  priorities_.resize(shape.queries * shape.keys);
  int64_t protected_pairs = 0;
  for (int64_t query = 0; query < shape.queries; ++query) {
    for (int64_t key = 0; key < shape.keys; ++key) {
      const int64_t pair = query * shape.keys + key;
      if (IsMasked(scores[pair])) continue;
      candidates_.push_back(pair);
      priorities_[pair] = Priority(scores + query * shape.keys, query, key);
      protected_pairs += IsProtected(query, key);
    }
  }
  KeepHighest(std::max(CountOf(shape.queries * shape.keys), protected_pairs), keep);
}

// The blocks of keys that have pairs with this block of queries, ranked by their mean score.
void PairKeeper::FindBlocks(const double* scores, MapShape shape, int64_t first_query) {
  const auto size = static_cast<int64_t>(settings_.block_size());
  const int64_t last_query = std::min(first_query + size, shape.queries), blocks = (shape.keys + size - 1) / size;
  candidates_.clear();
  priorities_.resize(blocks);
  for (int64_t block = 0; block < blocks; ++block) {
    double sum = 0;
    int64_t pairs = 0;
    for (int64_t query = first_query; query < last_query; ++query) {
      for (int64_t key = block * size; key < std::min((block + 1) * size, shape.keys); ++key) {
        const double score = scores[query * shape.keys + key];
        if (IsMasked(score)) continue;
        sum += score;
        ++pairs;
      }
    }
    if (pairs == 0) continue;
    candidates_.push_back(block);
    const bool is_protected = (settings_.protect() == Sparsity::FIRST_TOKEN && block == 0) ||
                              (settings_.protect() == Sparsity::SELF && block == first_query / size);
    priorities_[block] = is_protected ? kInfinity : Ordered(sum / static_cast<double>(pairs));
  }
}

void PairKeeper::KeepBlocks(const double* scores, MapShape shape, uint8_t* keep) {
  const auto size = static_cast<int64_t>(settings_.block_size());
  const int64_t blocks = (shape.keys + size - 1) / size;
  for (int64_t first = 0; first < shape.queries; first += size) {
    FindBlocks(scores, shape, first);
    chosen_.assign(blocks, 0);
    KeepHighest(CountOf(blocks), chosen_.data());
    for (int64_t query = first; query < std::min(first + size, shape.queries); ++query) {
      for (int64_t key = 0; key < shape.keys; ++key) {
        const int64_t pair = query * shape.keys + key;
        keep[pair] = chosen_[key / size] != 0 && !IsMasked(scores[pair]);
      }
    }
  }
}

void PairKeeper::Keep(const double* scores, MapShape shape, const random::Numbers& numbers, uint64_t first, uint8_t* keep) {
  const int64_t pairs = shape.queries * shape.keys;
  std::fill_n(keep, pairs, 0);
  switch (settings_.structure()) {
    case Sparsity::NONE:
      std::transform(scores, scores + pairs, keep, [](double score) { return !IsMasked(score); });
      return;
    case Sparsity::PER_HEAD:
      return KeepOfMap(scores, shape, keep);
    case Sparsity::BLOCK:
      return KeepBlocks(scores, shape, keep);
    default:
      break;
  }
  const bool by_chance = settings_.structure() == Sparsity::RANDOM || settings_.structure() == Sparsity::ATTENTION_DROPOUT;
  bits_.resize(by_chance ? shape.keys : 0);
  for (int64_t query = 0; query < shape.queries; ++query) {
    const int64_t place = shape.first_query + query;
    if (by_chance) numbers.FillBits(first + (static_cast<uint64_t>(place) << kKeyBits), bits_.size(), bits_.data());
    KeepOfRow(scores + query * shape.keys, place, shape.keys, keep + query * shape.keys);
  }
}

}  // namespace ablate::attention
