#include "lib/models/beam_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "lib/random/philox.h"

namespace ablate::models {
namespace {

constexpr int kVocabulary = 4;
constexpr int32_t kBegin = 1, kEnd = 2;

// A made-up model whose next logits are a function of the example and of all tokens so far.
class Made {
 public:
  explicit Made(int64_t examples) : rows_(examples) {
    for (int64_t i = 0; i < examples; ++i) rows_[i] = {static_cast<int32_t>(i)};
  }

  static std::vector<float> Logits(const std::vector<int32_t>& row) {
    uint64_t hash = 7;
    for (const int32_t token : row) hash = hash * 31 + static_cast<uint64_t>(token) + 1;
    const random::Numbers numbers(5, random::Stream::kSyntheticData, hash & 0xFFFFFFFF);
    std::vector<float> logits;
    for (int i = 0; i < kVocabulary; ++i) logits.push_back(static_cast<float>(2 * numbers.Normal(i)));
    return logits;
  }

  BeamModel Model() {
    BeamModel model;
    model.next = [this](const std::vector<int32_t>& tokens, std::vector<float>& logits) {
      logits.clear();
      for (size_t i = 0; i < rows_.size(); ++i) {
        rows_[i].push_back(tokens[i]);
        const std::vector<float> own = Logits(rows_[i]);
        logits.insert(logits.end(), own.begin(), own.end());
      }
      return absl::OkStatus();
    };
    model.select = [this](const std::vector<int64_t>& rows) {
      std::vector<std::vector<int32_t>> next;
      for (const int64_t row : rows) next.push_back(rows_[row]);
      rows_ = std::move(next);
    };
    return model;
  }

 private:
  std::vector<std::vector<int32_t>> rows_;  // the example's number, then the tokens read
};

std::vector<double> LogProbabilities(const std::vector<int32_t>& row) {
  const std::vector<float> logits = Made::Logits(row);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  std::vector<double> logs;
  for (const float logit : logits) logs.push_back(logit - std::log(sum));
  return logs;
}

double Score(double log_probability, double tokens, double penalty) {
  return log_probability / std::pow((5 + tokens) / 6, penalty);
}

// The finished sequence with the highest score of all that have at most so many tokens.
Written ByExhaustion(int32_t example, int max_tokens, double penalty) {
  Written best;
  best.score = -1e9;
  const std::function<void(std::vector<int32_t>, double)> walk = [&](const std::vector<int32_t>& row, double log_probability) {
    const std::vector<double> logs = LogProbabilities(row);
    const int tokens = static_cast<int>(row.size()) - 1;  // with the next one, without example and begin
    const double ended = log_probability + logs[kEnd], score = Score(ended, tokens, penalty);
    if (score > best.score) best = {{row.begin() + 2, row.end()}, ended, score};
    if (tokens == max_tokens) return;
    for (int32_t token = 0; token < kVocabulary; ++token) {
      if (token == kEnd) continue;
      std::vector<int32_t> longer = row;
      longer.push_back(token);
      walk(longer, log_probability + logs[token]);
    }
  };
  walk({example, kBegin}, 0);
  return best;
}

std::vector<Written> Search(int64_t examples, int beams, int max_tokens, double penalty) {
  Made made(examples);
  auto written = BeamSearch(examples, {beams, penalty, max_tokens, kBegin, kEnd, kVocabulary}, made.Model());
  EXPECT_TRUE(written.ok()) << written.status();
  return *written;
}

TEST(BeamSearchTest, WithEnoughBeamsFindsTheBestOfAllSequences) {
  for (const double penalty : {0., 0.6, 2.}) {
    const std::vector<Written> written = Search(6, 500, 5, penalty);  // 3^4 + ... + 1 sequences at most
    for (int32_t example = 0; example < 6; ++example) {
      const Written best = ByExhaustion(example, 5, penalty);
      EXPECT_EQ(written[example].tokens, best.tokens) << example << " " << penalty;
      EXPECT_NEAR(written[example].log_probability, best.log_probability, 1e-5);
      EXPECT_NEAR(written[example].score, best.score, 1e-5);
    }
  }
}

TEST(BeamSearchTest, OneBeamIsGreedy) {
  const std::vector<Written> written = Search(8, 1, 6, 0.6);
  for (int32_t example = 0; example < 8; ++example) {
    std::vector<int32_t> row = {example, kBegin};
    while (true) {
      const std::vector<float> logits = Made::Logits(row);
      const auto token = static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
      if (token == kEnd || row.size() == 7) break;  // the sixth token is the end
      row.push_back(token);
    }
    EXPECT_EQ(written[example].tokens, std::vector<int32_t>(row.begin() + 2, row.end())) << example;
  }
}

TEST(BeamSearchTest, AnExampleDoesNotDependOnTheOthers) {
  const std::vector<Written> few = Search(3, 3, 6, 1), many = Search(9, 3, 6, 1);
  for (size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few[i].tokens, many[i].tokens);
    EXPECT_EQ(few[i].score, many[i].score);
  }
}

TEST(BeamSearchTest, MoreBeamsOrALowerPenaltyChangeWhatIsWritten) {
  int longer = 0;
  const std::vector<Written> plain = Search(20, 4, 8, 0), penalized = Search(20, 4, 8, 3);
  for (size_t i = 0; i < plain.size(); ++i) longer += penalized[i].tokens.size() > plain[i].tokens.size();
  EXPECT_GT(longer, 0);
}

TEST(BeamSearchTest, TheModelsErrorIsReturned) {
  BeamModel model = Made(1).Model();
  model.next = [](const std::vector<int32_t>&, std::vector<float>&) { return absl::InternalError("broken"); };
  EXPECT_EQ(BeamSearch(1, {2, 0, 3, kBegin, kEnd, kVocabulary}, model).status().message(), "broken");
}

}  // namespace
}  // namespace ablate::models
