#include "lib/models/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/base/status_macros.h"

namespace ablate::models {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Beam {
  std::vector<int32_t> tokens;
  double log_probability = 0;
};

// One more token for a beam.
struct Continuation {
  double log_probability;
  int64_t beam;
  int32_t token;

  bool operator<(const Continuation& other) const {
    if (log_probability != other.log_probability) return log_probability > other.log_probability;
    return beam != other.beam ? beam < other.beam : token < other.token;
  }
};

double Penalty(double length_penalty, double tokens) { return std::pow((5 + tokens) / 6, length_penalty); }

double LogSum(const float* logits, int64_t count) {
  double largest = -kInfinity, sum = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max<double>(largest, logits[i]);
  for (int64_t i = 0; i < count; ++i) sum += std::exp(static_cast<float>(logits[i] - largest));
  return largest + std::log(sum);
}

class Example {
 public:
  explicit Example(const BeamSettings& settings) : settings_(settings), unfinished_(1) { best_.score = -kInfinity; }

  const std::vector<Beam>& unfinished() const { return unfinished_; }
  bool done() const { return unfinished_.empty(); }
  Written& best() { return best_; }

  // logits [unfinished, vocabulary]. Returns of each that goes on which beam it comes from.
  std::vector<int64_t> Step(const float* logits) {
    const auto length = static_cast<int>(unfinished_[0].tokens.size()) + 1;
    std::vector<Beam> next;
    std::vector<int64_t> from;
    int place = 0;
    for (const Continuation& continuation : Continuations(logits, length == settings_.max_tokens)) {
      if (continuation.token == settings_.end) {
        if (place < settings_.beams) Finish(continuation, length);
      } else if (static_cast<int>(next.size()) < settings_.beams) {
        Beam beam = unfinished_[continuation.beam];
        beam.tokens.push_back(continuation.token);
        beam.log_probability = continuation.log_probability;
        next.push_back(std::move(beam));
        from.push_back(continuation.beam);
      }
      ++place;
    }
    if (finished_ >= settings_.beams || next.empty() || BestPossible(next[0], length) <= best_.score) {
      next.clear();
      from.clear();
    }
    unfinished_ = std::move(next);
    return from;
  }

 private:
  // Sorted, at most 2 * beams.
  std::vector<Continuation> Continuations(const float* logits, bool must_end) const {
    const int64_t vocabulary = settings_.vocabulary;
    const size_t wanted = 2 * static_cast<size_t>(settings_.beams);
    std::vector<Continuation> best;  // a heap, the worst on top
    for (size_t beam = 0; beam < unfinished_.size(); ++beam) {
      const float* const row = logits + static_cast<int64_t>(beam) * vocabulary;
      const double base = unfinished_[beam].log_probability - LogSum(row, vocabulary);
      const auto add = [&](int64_t token) {
        const Continuation continuation = {base + row[token], static_cast<int64_t>(beam), static_cast<int32_t>(token)};
        if (best.size() == wanted && !(continuation < best[0])) return;
        if (best.size() == wanted) {
          std::pop_heap(best.begin(), best.end());
          best.pop_back();
        }
        best.push_back(continuation);
        std::push_heap(best.begin(), best.end());
      };
      if (must_end) {
        add(settings_.end);
        continue;
      }
      for (int64_t token = 0; token < vocabulary; ++token) add(token);
    }
    std::sort_heap(best.begin(), best.end());
    return best;
  }

  void Finish(const Continuation& continuation, int length) {
    ++finished_;
    const double score = continuation.log_probability / Penalty(settings_.length_penalty, length);
    if (!(score > best_.score)) return;
    best_ = {unfinished_[continuation.beam].tokens, continuation.log_probability, score};
  }

  // Of anything that starts so: no later token is surer than certain, and the penalty is largest at the end.
  double BestPossible(const Beam& beam, int length) const {
    const int shortest = length + 1;
    return beam.log_probability / Penalty(settings_.length_penalty, std::max(shortest, settings_.max_tokens));
  }

  const BeamSettings& settings_;
  std::vector<Beam> unfinished_;
  int finished_ = 0;
  Written best_;
};

}  // namespace

absl::StatusOr<std::vector<Written>> BeamSearch(int64_t examples, const BeamSettings& settings, const BeamModel& model) {
  std::vector<Example> all(examples, Example(settings));
  std::vector<int32_t> tokens(examples, settings.begin);
  std::vector<int64_t> active;  // examples that are not done, in order
  for (int64_t example = 0; example < examples; ++example) active.push_back(example);
  std::vector<float> logits;
  while (!active.empty()) {
    RETURN_IF_ERROR(model.next(tokens, logits));
    std::vector<int64_t> rows, still_active;
    int64_t row = 0;
    tokens.clear();
    for (const int64_t index : active) {
      Example& example = all[index];
      const auto beams = static_cast<int64_t>(example.unfinished().size());
      for (const int64_t from : example.Step(logits.data() + row * settings.vocabulary)) rows.push_back(row + from);
      row += beams;
      for (const Beam& beam : example.unfinished()) tokens.push_back(beam.tokens.back());
      if (!example.done()) still_active.push_back(index);
    }
    active = std::move(still_active);
    if (!active.empty()) model.select(rows);
  }
  std::vector<Written> written;
  for (Example& example : all) written.push_back(std::move(example.best()));
  return written;
}

}  // namespace ablate::models
