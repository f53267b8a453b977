// What a kind of attention has otherwise than the trial's `attention`: inheritance, ids, arrays, and what is refused.
#include <gtest/gtest.h>

#include <string>

#include "lib/attention/catalogue.h"
#include "tests/lib/spec/experiments.h"

namespace ablate::spec {
namespace {

const std::string kModel = "task { copy {} } model { sequence_to_sequence {} } ";

std::string TextOf(const std::string& base, const std::string& rest = "") {
  return "name: \"test\" metric { name: \"train/loss\" goal: MINIMIZE } base { " + base + " } " + rest;
}

PlannedTrial OnlyTrial(const std::string& base) {
  const Plan plan = PlanOf(TextOf(base));
  EXPECT_EQ(plan.trials.size(), 1u) << base;
  return plan.trials.empty() ? PlannedTrial() : plan.trials[0];
}

std::string OwnId(const std::string& base) { return OnlyTrial(base).id; }

TEST(OwnAttention, WhatIsNotSetIsInherited) {
  const Trial trial = OnlyTrial(kModel +
                                "attention { normalizer: \"entmax\" alpha: 1.3 } cross_attention { normalizer: \"softmax\" } "
                                "decoder_attention { alpha: 1.7 }")
                          .trial();
  using attention::Kind;
  EXPECT_EQ(attention::SettingsOf(trial, Kind::kEncoder).alpha(), 1.3);
  EXPECT_EQ(attention::SettingsOf(trial, Kind::kDecoder).normalizer(), "entmax");
  EXPECT_EQ(attention::SettingsOf(trial, Kind::kDecoder).alpha(), 1.7);
  EXPECT_EQ(attention::SettingsOf(trial, Kind::kCross).normalizer(), "softmax");
}

// "softmax" is the field's default, yet it is otherwise than what would be inherited.
TEST(OwnAttention, CountsForTheIdWhereItIsOtherwise) {
  const std::string entmax = kModel + "attention { normalizer: \"entmax\" alpha: 1.3 } ";
  const std::string id = OwnId(entmax);
  EXPECT_EQ(OwnId(entmax + "cross_attention { normalizer: \"entmax\" alpha: 1.3 }"), id);
  EXPECT_NE(OwnId(entmax + "cross_attention { normalizer: \"softmax\" }"), id);
  EXPECT_NE(OwnId(entmax + "cross_attention { alpha: 1.5 }"), id) << "the default of alpha";
  EXPECT_NE(OwnId(entmax + "decoder_attention { alpha: 1.5 }"), OwnId(entmax + "cross_attention { alpha: 1.5 }"));
}

std::string ErrorOfBase(const std::string& base) { return ErrorOf(TextOf(base)); }

TEST(OwnAttention, DecidesOnWhatIsRead) {
  const std::string learned = kModel + "cross_attention { normalizer: \"entmax\" alpha_learned: true } ";
  EXPECT_NE(OwnId(learned + "optimizer { alpha_learning_rate: 0.1 }"), OwnId(learned));
  for (const char* unread : {"optimizer { alpha_learning_rate: 0.1 }", "decoder_attention { top_k: 3 }"}) {
    EXPECT_NE(ErrorOfBase(kModel + unread).find("no trial reads it"), std::string::npos) << unread;
  }
  EXPECT_NE(ErrorOfBase("task { recall {} } model { encoder {} } cross_attention { normalizer: \"entmax\" }")
                .find("no trial reads it"),
            std::string::npos);
}

TEST(OwnAttention, IsAnAxisOfAnArray) {
  const Plan plan = PlanOf(TextOf(kModel + "attention { normalizer: \"entmax\" }",
                                  "sweep { grid { field: \"cross_attention.normalizer\" "
                                  "text: [\"softmax\", \"entmax\", \"sparsemax\"] } }"));
  ASSERT_EQ(plan.trials.size(), 3u);
  EXPECT_EQ(ArrayKey(plan.trials[0].trial()), ArrayKey(plan.trials[1].trial()));
  EXPECT_EQ(ArrayKey(plan.trials[0].trial()), ArrayKey(plan.trials[2].trial()));
}

TEST(OwnAttention, SaysWhatADecoderCannotHave) {
  const auto says = [](const std::string& base, const std::string& part) {
    const std::string error = ErrorOfBase(base);
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  says(kModel + "attention { normalizer: \"sinkhorn\" }", "decoder_attention.normalizer is sinkhorn, which lets");
  says(kModel + "attention { normalizer: \"sinkhorn\" }", "cross_attention.normalizer is sinkhorn, which lets");
  says(kModel + "attention { sparsity { structure: BLOCK } }", "cross_attention.sparsity.structure is BLOCK");
  says(kModel + "attention { normalizer: \"sparsemax\" balance { k: 4 } }", "cross_attention.balance.k is 4, which can't hold");
  says("task { copy {} } model { decoder {} } attention { normalizer: \"sinkhorn\" }", "attention.normalizer is sinkhorn");
  says(kModel + "cross_attention { normalizer: \"entmax\" alpha: 2 alpha_learned: true }", "cross_attention.alpha is 2");
  says("task { copy {} } model { encoder {} }",
       "model is encoder, which can't learn task.copy; allowed: sequence_to_sequence or decoder");
  says("task { recall {} } model { decoder {} }", "model is decoder, which can't learn task.recall; allowed: encoder");
  says("task { copy {} } model { sequence_to_sequence { heads: 3 } }", "model.sequence_to_sequence.heads is 3");
  EXPECT_EQ(ErrorOfBase(kModel + "attention { normalizer: \"sinkhorn\" } decoder_attention { normalizer: \"softmax\" } "
                                 "cross_attention { normalizer: \"softmax\" }"),
            "no error");
}

}  // namespace
}  // namespace ablate::spec
