#include "lib/tasks/length_buckets.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ablate::tasks {
namespace {

using Bucket = std::vector<int64_t>;

int64_t Tokens(const Example& example) { return static_cast<int64_t>(example.tokens.size()); }
int64_t TargetTokens(const Example& example) { return static_cast<int64_t>(example.target.size()); }

using Length = int64_t (*)(const Example&);

void SortByLength(const std::vector<Example>& examples, Length length, Bucket& order) {
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(examples[a]) < length(examples[b]); });
}

std::vector<Bucket> Runs(const std::vector<Example>& examples, int64_t enough) {
  std::vector<Bucket> runs;
  for (const int64_t example : InOrderOfLength(examples)) {
    const bool full = !runs.empty() && static_cast<int64_t>(runs.back().size()) >= enough;
    if (runs.empty() || (full && Tokens(examples[example]) > Tokens(examples[runs.back().back()]))) runs.emplace_back();
    runs.back().push_back(example);
  }
  if (runs.size() > 1 && static_cast<int64_t>(runs.back().size()) < enough) {
    const Bucket last = std::move(runs.back());
    runs.pop_back();
    runs.back().insert(runs.back().end(), last.begin(), last.end());
  }
  return runs;
}

// Where a bucket is cut best in one of its lengths.
struct Cut {
  int64_t padded_tokens = 0;  // of both parts
  Bucket order;               // of the whole
  int64_t at = 0;             // examples of the first part; 0: not cut
};

class Cutting {
 public:
  Cutting(const std::vector<Example>& examples, int64_t enough) : examples_(examples), enough_(enough) {}

  void CutWhereItPays(Bucket bucket, std::vector<Bucket>& buckets) const {
    const Cut by_source = Best(bucket, Tokens, TargetTokens), by_target = Best(bucket, TargetTokens, Tokens);
    const Cut& best = by_target.padded_tokens < by_source.padded_tokens ? by_target : by_source;
    if (best.at == 0) return buckets.push_back(std::move(bucket));
    CutWhereItPays(Bucket(best.order.begin(), best.order.begin() + best.at), buckets);
    CutWhereItPays(Bucket(best.order.begin() + best.at, best.order.end()), buckets);
  }

 private:
  Cut Best(const Bucket& bucket, Length length, Length other) const {
    Cut best;
    best.order = bucket;
    SortByLength(examples_, length, best.order);
    const auto size = static_cast<int64_t>(bucket.size());
    std::vector<int64_t> before(size + 1, 0), behind(size + 1, 0);  // the longest `other` on each side of a place
    for (int64_t i = 0; i < size; ++i) before[i + 1] = std::max(before[i], other(examples_[best.order[i]]));
    for (int64_t i = size; i-- > 0;) behind[i] = std::max(behind[i + 1], other(examples_[best.order[i]]));
    const auto length_at = [&](int64_t i) { return length(examples_[best.order[i]]); };
    best.padded_tokens = size * (length_at(size - 1) + behind[0]);
    for (int64_t at = enough_; at + enough_ <= size; ++at) {
      if (length_at(at) == length_at(at - 1)) continue;
      const int64_t padded = at * (length_at(at - 1) + before[at]) + (size - at) * (length_at(size - 1) + behind[at]);
      if (padded >= best.padded_tokens) continue;
      best.padded_tokens = padded;
      best.at = at;
    }
    return best;
  }

  const std::vector<Example>& examples_;
  const int64_t enough_;
};

}  // namespace

std::vector<int64_t> InOrderOfLength(const std::vector<Example>& examples) {
  Bucket order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  SortByLength(examples, TargetTokens, order);
  SortByLength(examples, Tokens, order);
  return order;
}

std::vector<std::vector<int64_t>> LengthBuckets(const std::vector<Example>& examples, int64_t enough) {
  if (examples[0].target.empty()) return Runs(examples, enough);
  std::vector<Bucket> buckets;
  Cutting(examples, enough).CutWhereItPays(InOrderOfLength(examples), buckets);
  return buckets;
}

}  // namespace ablate::tasks
