// What imposed sparsity removes is what was asked, exactly per row, head or block as the structure says; padding never counts,
// protected tokens stay, and what is counted as removed is what is removed.
#include "lib/attention/imposed_sparsity.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/testing/tensor_comparison.h"
#include "tests/lib/attention/attention_cases.h"

namespace ablate::attention {
namespace {

using testing::GradientError;
using testing::Near;
using testing::SameBits;

Attention With(Sparsity::Structure structure, double level) {
  Attention attention;
  attention.mutable_sparsity()->set_structure(structure);
  attention.mutable_sparsity()->set_level(level);
  return attention;
}

// Seeds and places for every trial.
Moment MomentFor(int64_t trials, int64_t examples, uint64_t step = 5) {
  Moment moment;
  moment.training = true;
  moment.step = step;
  moment.progress = .5;
  for (int64_t t = 0; t < trials; ++t) {
    moment.seeds.push_back(40 + t);
    moment.examples.emplace_back();
    for (int64_t b = 0; b < examples; ++b) moment.examples.back().push_back(100 * t + 3 * b);
  }
  return moment;
}

Inputs InputsFor(const Shape& shape, uint32_t seed, at::ScalarType type = at::kFloat) {
  Inputs inputs = RandomInputs(shape, seed, type);
  inputs.moment = MomentFor(shape.trials, shape.examples);
  return inputs;
}

int64_t Lengths(const Inputs& inputs, int64_t b) { return inputs.key_valid[0][b].sum().item().toLong(); }

// A random level, basis and protection of a structure on random maps.
struct Draw {
  Shape shape;
  Inputs inputs;
  Attention attention;
  double level;
  at::Tensor keep;    // [B, H, Q, K] as the supports say
  at::Tensor scores;  // likewise, as the normalizer would see them dense

  int64_t Kept(int64_t n, int64_t padded) const {
    const bool is_padded = attention.sparsity().basis() == Sparsity::PADDED_LENGTH;
    return std::clamp<int64_t>(static_cast<int64_t>(std::ceil((1 - level) * (is_padded ? padded : n) - 1e-6)), 1, n);
  }
  bool IsProtected(int64_t q, int64_t k) const {
    return (attention.sparsity().protect() == Sparsity::FIRST_TOKEN && k == 0) ||
           (attention.sparsity().protect() == Sparsity::SELF && k == q);
  }
};

Draw MakeDraw(Sparsity::Structure structure, std::mt19937& random) {
  Draw draw;
  draw.shape = {1, 3, 2, static_cast<int64_t>(1 + random() % 24), 4};
  draw.inputs = InputsFor(draw.shape, random());
  draw.level = (random() % 100) / 100.;
  draw.attention = With(structure, draw.level);
  Sparsity& sparsity = *draw.attention.mutable_sparsity();
  sparsity.set_basis(random() % 2 == 0 ? Sparsity::TRUE_LENGTH : Sparsity::PADDED_LENGTH);
  sparsity.set_protect(static_cast<Sparsity::Protect>(1 + random() % 3));
  sparsity.set_site(static_cast<Sparsity::Site>(1 + random() % 3));
  sparsity.set_gradient(static_cast<Sparsity::Gradient>(1 + random() % 2));
  sparsity.set_block_size(1 + random() % 9);
  sparsity.set_m(1 + random() % 6);
  sparsity.set_n(1 + random() % sparsity.m());
  sparsity.set_threshold((random() % 50) / 100.);
  sparsity.set_mass((1 + random() % 100) / 100.);
  const Outputs outputs = Attend({draw.attention}, draw.inputs);
  draw.keep = outputs.support[0];
  const double scale = 1 / std::sqrt(4.);
  draw.scores = (draw.inputs.queries[0] * scale).matmul(draw.inputs.keys[0].transpose(2, 3));

  // Whatever the structure: padding is not kept, protected pairs are, and counts are right.
  const at::Tensor valid = draw.inputs.query_valid[0].unsqueeze(-1).logical_and(draw.inputs.key_valid[0].unsqueeze(-2));
  EXPECT_EQ(draw.keep.logical_and(valid.logical_not().unsqueeze(1)).sum().item().toLong(), 0);
  for (int64_t h = 0; h < draw.shape.heads; ++h) {
    const int64_t pairs = valid.sum().item().toLong();
    EXPECT_EQ(outputs.imposed[0][h][0].item().toLong(), pairs);
    EXPECT_EQ(outputs.imposed[0][h][1].item().toLong(), pairs - draw.keep.select(1, h).sum().item().toLong());
  }
  // Zeros where removed, and mass elsewhere.
  EXPECT_TRUE(outputs.probabilities[0].ne(0).eq(draw.keep).all().item().toBool());
  return draw;
}

TEST(ImposedSparsity, RowsKeepExactlyWhatWasAsked) {
  std::mt19937 random(1);
  for (const auto structure : {Sparsity::TOP_K_PER_QUERY, Sparsity::BOTTOM_K, Sparsity::RANDOM, Sparsity::WINDOW}) {
    for (int round = 0; round < 25; ++round) {
      const Draw draw = MakeDraw(structure, random);
      for (int64_t b = 0; b < draw.shape.examples; ++b) {
        const int64_t n = Lengths(draw.inputs, b);
        for (int64_t h = 0; h < draw.shape.heads; ++h) {
          for (int64_t q = 0; q < n; ++q) {
            double worst_kept = INFINITY, best_removed = -INFINITY;
            for (int64_t k = 0; k < n; ++k) {
              const bool kept = draw.keep[b][h][q][k].item().toBool();
              if (draw.IsProtected(q, k)) {
                EXPECT_TRUE(kept);
                continue;
              }
              const double score = draw.scores[b][h][q][k].item().toDouble();
              const double rank = structure == Sparsity::BOTTOM_K ? -score
                                  : structure == Sparsity::WINDOW ? -static_cast<double>(std::abs(q - k))
                                                                  : score;
              worst_kept = kept ? std::min(worst_kept, rank) : worst_kept;
              best_removed = kept ? best_removed : std::max(best_removed, rank);
            }
            EXPECT_EQ(draw.keep[b][h][q].sum().item().toLong(), draw.Kept(n, draw.shape.tokens)) << structure;
            // Scores of our own product and of the test's may differ in the last bits.
            if (structure != Sparsity::RANDOM) {
              EXPECT_GE(worst_kept, best_removed - 1e-5) << structure;
            }
          }
        }
      }
    }
  }
}

TEST(ImposedSparsity, HeadsKeepExactlyWhatWasAskedOfTheWholeMap) {
  std::mt19937 random(2);
  for (int round = 0; round < 40; ++round) {
    const Draw draw = MakeDraw(Sparsity::PER_HEAD, random);
    for (int64_t b = 0; b < draw.shape.examples; ++b) {
      const int64_t n = Lengths(draw.inputs, b), padded = draw.shape.tokens;
      const int64_t kept_protected = draw.attention.sparsity().protect() == Sparsity::NOTHING ? 0 : n;
      for (int64_t h = 0; h < draw.shape.heads; ++h) {
        EXPECT_EQ(draw.keep[b][h].sum().item().toLong(), std::max(kept_protected, draw.Kept(n * n, padded * padded)));
        for (int64_t q = 0; q < n; ++q) {
          for (int64_t k = 0; k < n; ++k) {
            if (draw.IsProtected(q, k)) {
              EXPECT_TRUE(draw.keep[b][h][q][k].item().toBool());
            }
          }
        }
      }
    }
  }
}

TEST(ImposedSparsity, BlocksAreKeptWholeAndAsManyAsAsked) {
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    const Draw draw = MakeDraw(Sparsity::BLOCK, random);
    const int64_t size = draw.attention.sparsity().block_size();
    for (int64_t b = 0; b < draw.shape.examples; ++b) {
      const int64_t n = Lengths(draw.inputs, b), blocks = (n + size - 1) / size;
      const int64_t padded_blocks = (draw.shape.tokens + size - 1) / size;
      for (int64_t h = 0; h < draw.shape.heads; ++h) {
        for (int64_t row = 0; row < blocks; ++row) {
          int64_t kept = 0;
          for (int64_t column = 0; column < blocks; ++column) {
            const bool is_kept = draw.keep[b][h][row * size][column * size].item().toBool();
            kept += is_kept;
            const at::Tensor block = draw.keep[b][h]
                                         .narrow(0, row * size, std::min(size, n - row * size))
                                         .narrow(1, column * size, std::min(size, n - column * size));
            EXPECT_TRUE(block.eq(is_kept).all().item().toBool());
            if (draw.attention.sparsity().protect() == Sparsity::FIRST_TOKEN && column == 0) {
              EXPECT_TRUE(is_kept);
            }
            if (draw.attention.sparsity().protect() == Sparsity::SELF && column == row) {
              EXPECT_TRUE(is_kept);
            }
          }
          EXPECT_EQ(kept, draw.Kept(blocks, padded_blocks));
        }
      }
    }
  }
}

TEST(ImposedSparsity, BlocksOfTheHighestMeanStay) {
  Inputs inputs = InputsFor({1, 1, 1, 8, 1}, 4);
  inputs.queries.fill_(1);
  // Block means 1, 3, 2, 0, though the single highest score is in the last block.
  const std::vector<float> keys = {1, 1, 3, 3, 2, 2, -9, 9};
  for (int64_t k = 0; k < 8; ++k) inputs.keys[0][0][0][k][0].fill_(keys[k]);
  Attention attention = With(Sparsity::BLOCK, .5);
  attention.mutable_sparsity()->set_block_size(2);
  const at::Tensor support = Attend({attention}, inputs).support[0][0][0];
  const std::vector<bool> expected = {false, false, true, true, true, true, false, false};
  for (int64_t q = 0; q < 8; ++q) {
    for (int64_t k = 0; k < 8; ++k) EXPECT_EQ(support[q][k].item().toBool(), expected[k]) << q << " " << k;
  }
}

TEST(ImposedSparsity, GroupsKeepNOfM) {
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    const Draw draw = MakeDraw(Sparsity::N_OF_M, random);
    const int64_t m = draw.attention.sparsity().m(), wanted = draw.attention.sparsity().n();
    for (int64_t b = 0; b < draw.shape.examples; ++b) {
      const int64_t n = Lengths(draw.inputs, b);
      for (int64_t begin = 0; begin < n; begin += m) {
        const int64_t size = std::min(m, n - begin);
        const at::Tensor kept = draw.keep[b].narrow(1, 0, n).narrow(2, begin, size).sum(-1);
        EXPECT_TRUE(kept.eq(std::min(size, wanted)).all().item().toBool());
      }
    }
  }
}

TEST(ImposedSparsity, ThresholdAndMassAreOfTheSoftmax) {
  std::mt19937 random(6);
  for (int round = 0; round < 30; ++round) {
    const bool by_mass = round % 2 == 0;
    const Draw draw = MakeDraw(by_mass ? Sparsity::TOP_P : Sparsity::THRESHOLD, random);
    const Sparsity& sparsity = draw.attention.sparsity();
    if (sparsity.protect() != Sparsity::NOTHING) continue;
    for (int64_t b = 0; b < draw.shape.examples; ++b) {
      const int64_t n = Lengths(draw.inputs, b);
      const at::Tensor p = at::softmax(draw.scores[b].narrow(1, 0, n).narrow(2, 0, n).to(at::kDouble), -1);
      const at::Tensor keep = draw.keep[b].narrow(1, 0, n).narrow(2, 0, n);
      const at::Tensor mass = (p * keep).sum(-1), least = p.masked_fill(keep.logical_not(), 2).amin(-1);
      if (by_mass) {
        EXPECT_TRUE(mass.ge(sparsity.mass() - 1e-5).all().item().toBool());
        EXPECT_TRUE((mass - least).lt(sparsity.mass() + 1e-5).all().item().toBool()) << "one less would not do";
        continue;
      }
      EXPECT_TRUE(p.masked_fill(keep, 0).lt(sparsity.threshold() + 1e-5).all().item().toBool());
      EXPECT_TRUE(least.ge(sparsity.threshold() - 1e-5).logical_or(keep.sum(-1).eq(1)).all().item().toBool());
      EXPECT_TRUE(keep.sum(-1).ge(1).all().item().toBool());
    }
  }
}

// 2 * 8 * 4 * 40^2 pairs: the deviation of the share is .0014, five of them are allowed.
TEST(ImposedSparsity, DropoutRemovesTheAskedShareInExpectationAndScalesTheRest) {
  Inputs inputs = InputsFor({2, 8, 4, 40, 4}, 7);
  inputs.key_valid.fill_(true);
  Attention attention = With(Sparsity::ATTENTION_DROPOUT, .3);
  attention.mutable_sparsity()->set_site(Sparsity::PROBABILITIES);
  const Outputs dropped = Attend({attention, attention}, inputs), dense = Attend({Softmax(), Softmax()}, inputs);
  const at::Tensor counts = dropped.imposed.sum(at::IntArrayRef{0, 1});
  EXPECT_NEAR(counts[1].item().toDouble() / counts[0].item().toDouble(), .3, .007);
  const at::Tensor kept = dropped.probabilities.ne(0);
  EXPECT_TRUE(Near(dropped.probabilities, dense.probabilities * kept / .7, 1e-6));
  EXPECT_FALSE(SameBits(kept[0], kept[1])) << "trials of different seeds";
}

TEST(ImposedSparsity, ChanceIsAFunctionOfItsAddress) {
  const Shape shape{1, 2, 2, 20, 4};
  Inputs inputs = InputsFor(shape, 8);
  const std::vector<Attention> trials = {With(Sparsity::RANDOM, .5)};
  const at::Tensor first = Attend(trials, inputs).support;
  EXPECT_TRUE(SameBits(first, Attend(trials, inputs).support));
  const auto differs = [&](const std::function<void(Moment&)>& change) {
    Inputs other = inputs;
    change(other.moment);
    return !SameBits(first, Attend(trials, other).support);
  };
  EXPECT_TRUE(differs([](Moment& m) { m.step = 6; }));
  EXPECT_TRUE(differs([](Moment& m) { m.layer = 1; }));
  EXPECT_TRUE(differs([](Moment& m) { m.seeds[0] = 1; }));
  EXPECT_TRUE(differs([](Moment& m) { m.examples[0][0] = 1; }));
  EXPECT_FALSE(differs([](Moment& m) { m.progress = .1; }));
  EXPECT_FALSE(SameBits(first[0][0][0], first[0][0][1])) << "heads";
  EXPECT_EQ(AttentionRule::Make(trials)->Attend(RandomInputs(shape, 8)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ImposedSparsity, SitesRemoveFromScoresOrFromProbabilities) {
  const Inputs inputs = InputsFor({1, 3, 2, 12, 4}, 9);
  const Outputs dense = Attend({Softmax()}, inputs);
  Attention attention = With(Sparsity::BOTTOM_K, .6);
  const Outputs scores = Attend({attention}, inputs);
  attention.mutable_sparsity()->set_site(Sparsity::PROBABILITIES);
  const Outputs zeroed = Attend({attention}, inputs);
  attention.mutable_sparsity()->set_site(Sparsity::RENORMALIZED);
  const Outputs renormalized = Attend({attention}, inputs);
  EXPECT_TRUE(SameBits(scores.support, zeroed.support));
  EXPECT_TRUE(SameBits(scores.support, renormalized.support));
  EXPECT_TRUE(SameBits(zeroed.probabilities, dense.probabilities * scores.support));
  // Softmax of the kept is the dense one's share of them.
  EXPECT_TRUE(Near(renormalized.probabilities, scores.probabilities, 1e-6));
  const at::Tensor sums = renormalized.probabilities.sum(-1);
  EXPECT_TRUE(Near(sums, inputs.query_valid.unsqueeze(2).expand_as(sums).to(at::kFloat), 1e-5));
}

TEST(ImposedSparsity, PhasesSwitchItOnAndOff) {
  Inputs training = InputsFor({1, 3, 2, 12, 4}, 10), evaluation = training;
  evaluation.moment.training = false;
  const at::Tensor dense = Attend({Softmax()}, training).context;
  for (const auto site : {Sparsity::SCORES, Sparsity::PROBABILITIES, Sparsity::RENORMALIZED}) {
    for (const auto gradient : {Sparsity::MASKED, Sparsity::STRAIGHT_THROUGH}) {
      Attention attention = With(Sparsity::TOP_K_PER_QUERY, .5);
      attention.mutable_sparsity()->set_site(site);
      attention.mutable_sparsity()->set_gradient(gradient);
      const auto is_dense = [&](Sparsity::Phase phase, const Inputs& inputs) {
        attention.mutable_sparsity()->set_phase(phase);
        return SameBits(Attend({attention}, inputs).context, dense);
      };
      EXPECT_FALSE(is_dense(Sparsity::BOTH, training));
      EXPECT_FALSE(is_dense(Sparsity::BOTH, evaluation));
      EXPECT_FALSE(is_dense(Sparsity::TRAIN, training));
      EXPECT_TRUE(is_dense(Sparsity::TRAIN, evaluation));
      EXPECT_TRUE(is_dense(Sparsity::EVALUATION, training));
      EXPECT_FALSE(is_dense(Sparsity::EVALUATION, evaluation));
    }
  }
}

TEST(ImposedSparsity, RampClimbsToWhatIsAsked) {
  Sparsity sparsity;
  sparsity.set_structure(Sparsity::N_OF_M);
  sparsity.set_phase(Sparsity::RAMP);
  sparsity.set_ramp_share(.5);
  sparsity.set_level(.8);
  sparsity.set_threshold(.4);
  sparsity.set_mass(.6);
  sparsity.set_n(1);
  sparsity.set_m(5);
  Moment moment;
  moment.progress = .25;
  const Sparsity halfway = InForce(sparsity, moment);
  EXPECT_DOUBLE_EQ(halfway.level(), .4);
  EXPECT_DOUBLE_EQ(halfway.threshold(), .2);
  EXPECT_DOUBLE_EQ(halfway.mass(), .8);
  EXPECT_EQ(halfway.n(), 3u);
  moment.progress = 0;
  EXPECT_EQ(InForce(sparsity, moment).n(), 5u);
  for (const double late : {.5, .7, 1.}) {
    moment.progress = late;
    const Sparsity end = InForce(sparsity, moment);
    EXPECT_DOUBLE_EQ(end.level(), .8);
    EXPECT_DOUBLE_EQ(end.mass(), .6);
    EXPECT_EQ(end.n(), 1u);
  }
}

at::Tensor QueryGradient(const Attention& attention, Inputs inputs) {
  inputs.queries = inputs.queries.detach().clone().requires_grad_();
  // Linear in the probabilities with weights that do not depend on them.
  const Outputs outputs = Attend({attention}, inputs);
  (outputs.probabilities * testing::RandomTensor(outputs.probabilities.sizes().vec(), 77).to(at::kDouble)).sum().backward();
  return inputs.queries.grad();
}

TEST(ImposedSparsity, StraightThroughHasTheDenseGradientAndMaskedItsOwn) {
  const Inputs inputs = InputsFor({1, 2, 2, 7, 4}, 11, at::kDouble);
  for (const auto site : {Sparsity::SCORES, Sparsity::PROBABILITIES, Sparsity::RENORMALIZED}) {
    for (const char* normalizer : {"softmax", "sparsemax"}) {
      Attention attention = With(Sparsity::TOP_K_PER_QUERY, .5);
      attention.set_normalizer(normalizer);
      attention.mutable_sparsity()->set_protect(Sparsity::SELF);
      attention.mutable_sparsity()->set_site(site);
      attention.mutable_sparsity()->set_gradient(Sparsity::STRAIGHT_THROUGH);
      Attention dense;
      dense.set_normalizer(normalizer);
      EXPECT_TRUE(Near(QueryGradient(attention, inputs), QueryGradient(dense, inputs), 1e-12));
      attention.mutable_sparsity()->set_gradient(Sparsity::MASKED);
      const double error = GradientError(
          [&](const at::Tensor& x) {
            Inputs changed = inputs;
            changed.queries = x;
            return Attend({attention}, changed).context;
          },
          inputs.queries, 6);
      EXPECT_LE(error, 1e-8) << normalizer << " " << site;
    }
  }
}

std::vector<Attention> AllKinds() {
  std::vector<Attention> trials;
  for (int structure = Sparsity::NONE; structure <= Sparsity::N_OF_M; ++structure) {
    for (const auto site : {Sparsity::SCORES, Sparsity::PROBABILITIES, Sparsity::RENORMALIZED}) {
      Attention attention = With(static_cast<Sparsity::Structure>(structure), .6);
      attention.mutable_sparsity()->set_site(site);
      attention.mutable_sparsity()->set_block_size(4);
      trials.push_back(attention);
      attention.mutable_sparsity()->set_gradient(Sparsity::STRAIGHT_THROUGH);
      attention.mutable_sparsity()->set_protect(Sparsity::SELF);
      attention.mutable_sparsity()->set_level(.3);
      trials.push_back(attention);
    }
  }
  return trials;
}

TEST(ImposedSparsity, ATrialHasItsBitsInAnyArray) {
  const std::vector<Attention> trials = AllKinds();
  const auto count = static_cast<int64_t>(trials.size());
  Inputs inputs = InputsFor({count, 2, 3, 13, 5}, 12);
  inputs.dropout.assign(trials.size(), 0);
  for (size_t t = 0; t < trials.size(); t += 3) inputs.dropout[t] = .2;
  const at::Tensor weights = testing::RandomTensor(inputs.values.sizes().vec(), 13);
  const auto train = [](const std::vector<Attention>& settings, Inputs x, const at::Tensor& w) {
    x.queries = x.queries.detach().clone().requires_grad_();
    Outputs outputs = Attend(settings, x);
    (outputs.context * w).sum().backward();
    return std::make_pair(outputs, x.queries.grad());
  };
  const auto [together, gradient] = train(trials, inputs, weights);
  for (int64_t t = 0; t < count; ++t) {
    Inputs alone = inputs;
    for (at::Tensor Inputs::*field :
         {&Inputs::queries, &Inputs::keys, &Inputs::values, &Inputs::query_valid, &Inputs::key_valid}) {
      alone.*field = (inputs.*field).narrow(0, t, 1).clone();
    }
    alone.dropout = {inputs.dropout[t]};
    alone.moment.seeds = {inputs.moment.seeds[t]};
    alone.moment.examples = {inputs.moment.examples[t]};
    const auto [own, own_gradient] = train({trials[t]}, alone, weights.narrow(0, t, 1).clone());
    EXPECT_TRUE(SameBits(own.probabilities[0], together.probabilities[t])) << trials[t].ShortDebugString();
    EXPECT_TRUE(SameBits(own.support[0], together.support[t])) << t;
    EXPECT_TRUE(SameBits(own.context[0], together.context[t])) << t;
    EXPECT_TRUE(SameBits(own_gradient[0], gradient[t])) << trials[t].ShortDebugString();
    if (own.imposed.defined()) {
      EXPECT_TRUE(SameBits(own.imposed[0], together.imposed[t])) << t;
    }
  }
}

TEST(ImposedSparsity, PlainTopKAndItsMaskAgree) {
  const Inputs inputs = InputsFor({1, 4, 2, 17, 4}, 14);
  for (const double level : {0., .2, .5, .7, .8, .99}) {
    Attention attention = With(Sparsity::TOP_K_PER_QUERY, level);
    const Outputs plain = Attend({attention}, inputs);
    attention.mutable_sparsity()->set_gradient(Sparsity::STRAIGHT_THROUGH);  // needs the mask
    const Outputs masked = Attend({attention}, inputs);
    EXPECT_TRUE(SameBits(plain.probabilities, masked.probabilities)) << level;
    EXPECT_TRUE(SameBits(plain.imposed, masked.imposed)) << level;
  }
}

TEST(ImposedSparsity, RefusesWhatIsOutOfRange) {
  const auto message = [](const std::function<void(Sparsity&)>& change) {
    Attention attention = With(Sparsity::N_OF_M, .5);
    change(*attention.mutable_sparsity());
    return std::string(AttentionRule::Make({attention}).status().message());
  };
  EXPECT_NE(message([](Sparsity& s) { s.set_n(5); }).find("n 5 must be in [1, m], m is 4"), std::string::npos);
  EXPECT_NE(message([](Sparsity& s) { s.set_mass(0); }).find("mass 0"), std::string::npos);
  EXPECT_NE(message([](Sparsity& s) { s.set_threshold(1.5); }).find("threshold 1.5"), std::string::npos);
  EXPECT_NE(message([](Sparsity& s) { s.set_block_size(0); }).find("block_size 0"), std::string::npos);
  EXPECT_NE(message([](Sparsity& s) { s.set_site(Sparsity::SITE_UNSPECIFIED); }).find("no site"), std::string::npos);
  EXPECT_EQ(message([](Sparsity&) {}), "");
}

}  // namespace
}  // namespace ablate::attention
