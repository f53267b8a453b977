#include "runner/scheduler/costs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "lib/spec/spec.h"
#include "runner/devices/inventory.h"
#include "runner/devices/slots.h"
#include "runner/scheduler/scheduler.h"
#include "runner/scheduler/trial_size.h"

namespace ablate::runner {
namespace {

spec::Plan PlanOf(const std::string& text) {
  const auto plan = spec::ParsePlan(text, "costs.textproto", {});
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

// Two shapes: 12 narrow trials, 4 wide ones.
spec::Plan TwoShapes() {
  return PlanOf(R"(name: "costs"
    base {
      task { majority { max_tokens: 127 } }
      model { encoder { layers: 4 heads: 8 width: 256 } }
      training { batch_size: 64 }
    }
    sweep { name: "narrow" grid { field: "optimizer.learning_rate" number: [1e-4, 1e-3, 1e-2] } }
    sweep { name: "wide" base { model { encoder { width: 1024 } } } }
    seeds { count: 4 })");
}

// Held against what is known of the encoder without training it: a BERT-base of 12 layers has 110 million parameters, 85 of
// them in its layers; a step of it takes 6 operations per parameter of a layer and token, and those of attention.
TEST(TrialSize, OfBertBaseIsWhatIsKnownOfIt) {
  Trial trial;
  TextClassification& task = *trial.mutable_task()->mutable_text_classification();
  task.mutable_tokenizer()->set_kind(Tokenizer::WORD_PIECE);
  task.set_max_tokens(128);
  Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(12);
  encoder.set_heads(12);
  encoder.set_width(768);
  trial.mutable_training()->set_batch_size(32);
  const TrialSize size = SizeOf(trial);
  EXPECT_NEAR(static_cast<double>(size.parameters), 108.6e6, 1e6);  // BERT's less its 512 positions, types and pooler
  EXPECT_EQ(size.parameter_bytes, 16 * size.parameters);
  EXPECT_NEAR(size.step_operations / (6 * 85e6 * 32 * 128), 1.03, 0.03);
  EXPECT_GT(size.bytes, size.parameter_bytes + uint64_t{32} * 128 * 12 * 768 * 4 * 9);
}

TEST(TrialSize, GrowsWithWhatMatters) {
  Trial trial;
  trial.mutable_task()->mutable_majority();
  Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  TrialSize before = SizeOf(trial);
  EXPECT_GT(before.parameters, 0u);
  const auto grew = [&] {
    const TrialSize now = SizeOf(trial);
    const bool more = now.bytes > before.bytes && now.step_operations > before.step_operations;
    before = now;
    return more;
  };
  encoder.set_layers(3);
  EXPECT_TRUE(grew());
  encoder.set_feed_forward(1000);
  EXPECT_TRUE(grew());
  trial.mutable_training()->set_batch_size(64);
  EXPECT_TRUE(grew());
  trial.mutable_task()->mutable_majority()->set_max_tokens(100);
  EXPECT_TRUE(grew());
  EXPECT_EQ(SizeOf(Trial()).bytes, 0u);
}

// The Transformer of arXiv:1706.03762, base size with a shared vocabulary of about 37000: its table 3 says 65 million
// parameters, counting by its sizes gives 63.
TEST(TrialSize, OfTheFirstTransformerIsWhatItsPaperSays) {
  Trial trial;
  ParallelText& task = *trial.mutable_task()->mutable_translation();
  task.mutable_vocabulary()->set_size(37000);
  SequenceToSequence& model = *trial.mutable_model()->mutable_sequence_to_sequence();
  model.set_encoder_layers(6);
  model.set_decoder_layers(6);
  model.set_heads(8);
  model.set_width(512);
  EXPECT_NEAR(static_cast<double>(SizeOf(trial).parameters), 63e6, 2e6);
  TrialSize before = SizeOf(trial);
  model.set_tying(SequenceToSequence::SEPARATE);
  EXPECT_EQ(SizeOf(trial).parameters - before.parameters, uint64_t{2} * 37000 * 512);
  Trial longer = trial;
  longer.mutable_task()->mutable_translation()->set_max_tokens(200);
  EXPECT_GT(SizeOf(longer).bytes, SizeOf(trial).bytes);
}

// A language model of GPT-2's small size has 124 million parameters, 1024 x 768 of them positions, which are not counted.
TEST(TrialSize, OfADecoderIsWhatIsKnownOfIt) {
  Trial trial;
  LanguageModeling& task = *trial.mutable_task()->mutable_language_modeling();
  task.mutable_vocabulary()->set_size(50257);
  Decoder& model = *trial.mutable_model()->mutable_decoder();
  model.set_layers(12);
  model.set_heads(12);
  model.set_width(768);
  EXPECT_NEAR(static_cast<double>(SizeOf(trial).parameters), 124.4e6 - 1024 * 768, 0.3e6);
}

TEST(Costs, AreEstimatedUntilTheyAreRecorded) {
  const spec::Plan plan = TwoShapes();
  const Ledger ledger(plan);
  ASSERT_EQ(ledger.shapes(), 2u);
  const auto on_cpu = CostsOf(ledger, {}, "cpu", 0);
  EXPECT_EQ(on_cpu[0].step_source, CostSource::kEstimated);
  EXPECT_EQ(on_cpu[0].bytes_source, CostSource::kEstimated);
  EXPECT_GT(on_cpu[1].step_seconds, on_cpu[0].step_seconds);
  const auto on_gpu = CostsOf(ledger, {}, "cuda", 0);
  EXPECT_EQ(on_gpu[0].step_source, CostSource::kUnknown);  // nobody knows which GPU
  EXPECT_EQ(on_gpu[0].bytes_source, CostSource::kEstimated);

  RecordedCosts recorded;
  recorded[{ledger.ShapeDigest(1), "cuda"}] = {30, 1000, 5'000'000'000, 0, 0};
  const auto known = CostsOf(ledger, recorded, "cuda", 0);
  EXPECT_EQ(known[1].step_source, CostSource::kRecorded);
  EXPECT_DOUBLE_EQ(known[1].step_seconds, 0.03);
  EXPECT_EQ(known[1].trial_bytes, 5'000'000'000u);
  EXPECT_EQ(known[0].bytes_source, CostSource::kEstimated);
  EXPECT_EQ(CostsOf(ledger, recorded, "cpu", 0)[1].step_source, CostSource::kEstimated);
}

TEST(Costs, RememberWhatRanOutOfMemoryOnASlotLikeThis) {
  const spec::Plan plan = TwoShapes();
  const Ledger ledger(plan);
  RecordedCosts recorded;
  recorded[{ledger.ShapeDigest(0), "cuda"}] = {0, 0, 0, 6, 10'000'000'000};
  EXPECT_EQ(MostTrials(CostsOf(ledger, recorded, "cuda", 10'000'000'000)[0], 0), 3u);
  EXPECT_EQ(MostTrials(CostsOf(ledger, recorded, "cuda", 0)[0], 0), 3u);  // nothing says that this one is larger
  EXPECT_EQ(MostTrials(CostsOf(ledger, recorded, "cuda", 40'000'000'000)[0], 0), UINT32_MAX);
  recorded[{ledger.ShapeDigest(0), "cuda"}].out_of_memory_trials = 1;
  EXPECT_EQ(MostTrials(CostsOf(ledger, recorded, "cuda", 0)[0], 0), 1u);
}

// The whole of it for 8 pretended GPUs: arrays hold what the smallest GPU's share holds, and no more.
TEST(Costs, ArraysOnEightPretendedGpusFitTheirShare) {
  std::string text = "host_cores: 64\n";
  for (int i = 0; i < 8; ++i) {
    text += "device { device: \"cuda:" + std::to_string(i) + "\" memory_bytes: 24000000000 " +
            (i == 5 ? "free_bytes: 8000000000 process { pid: 1 bytes: 16000000000 } }\n" : "}\n");
  }
  const auto inventory = ParseInventory(text, "eight.textproto");
  ASSERT_TRUE(inventory.ok()) << inventory.status();
  const spec::Plan plan = TwoShapes();
  const Ledger ledger(plan);
  const auto costs = CostsOf(ledger, {}, "cuda", 0);
  const std::vector<Slot> slots = SlotsOn(*inventory, {16, 8, costs[1].trial_bytes, 2});
  ASSERT_EQ(slots.size(), 8u);
  const uint64_t bytes = slots[5].memory_bytes;
  EXPECT_EQ(bytes, 7'200'000'000 - kContextBytes);
  Scheduler scheduler({1, 8, 1});  // one slot: as if the others were busy
  for (uint32_t shape = 0; shape < 2; ++shape) scheduler.Limit(shape, MostTrials(costs[shape], bytes));
  scheduler.Add(ledger.Runnables(ledger.InState(TrialState::kPending)));
  size_t largest_wide = 0, largest_narrow = 0, trials = 0;
  while (const auto array = scheduler.Next()) {
    const uint32_t shape = array->trials[0].shape;
    EXPECT_LE(array->trials.size() * costs[shape].trial_bytes, bytes);
    size_t& largest = shape == 1 ? largest_wide : largest_narrow;
    largest = std::max(largest, array->trials.size());
    trials += array->trials.size();
  }
  EXPECT_EQ(trials, 16u);
  EXPECT_LT(largest_wide, largest_narrow);
}

}  // namespace
}  // namespace ablate::runner
