// Ids: what changes them and what doesn't. A golden id that changes makes every finished trial of every user run again.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <set>
#include <string>

#include "tests/lib/spec/experiments.h"

namespace ablate::spec {
namespace {

const std::string kBase = std::string(kTaskAndModel) + " ";

struct Golden {
  std::string base, id;
};

// The first 32 digits of what sha256sum says of the text beside each.
TEST(Identity, GoldenIds) {
  const Golden golden[] = {
      // numerics=1 model=encoder seed=1 task=recall, one a line
      {kBase, "d6f3a571919e4c080fb583bf320c3e57"},
      // numerics=1 attention.alpha=1.25 attention.alpha_learned=true attention.normalizer=entmax model=encoder
      // model.encoder.width=64 optimizer.learning_rate=0.001 seed=1 task=majority task.majority.symbols=3, one a line
      {"task { majority { symbols: 3 } } model { encoder { width: 64 } } optimizer { learning_rate: 1e-3 } "
       "attention { normalizer: \"entmax\" alpha: 1.25 alpha_learned: true }",
       "244b451564a29b3e83e98ce1d535d9b8"},
      // numerics=1 attention.balance.k=4 attention.balance.weight=1e-05 attention.normalizer=sparsemax
      // attention.sparsity.level=0.3 attention.sparsity.structure=TOP_K_PER_QUERY model=encoder optimizer.clip_norm=100000
      // seed=1 task=recall, one a line
      {kBase + "attention { normalizer: \"sparsemax\" balance { k: 4 weight: 0.00001 } sparsity { structure: TOP_K_PER_QUERY "
               "level: 0.3 } } optimizer { clip_norm: 1e5 }",
       "cb212b9294ecf0ae3667ef84e54ff12d"},
  };
  for (const Golden& one : golden) EXPECT_EQ(IdOf(one.base), one.id) << one.base;
}

// Spellings of one trial: order of fields, numbers, comments, defaults written out, fields that nothing reads.
TEST(Identity, SpellingDoesNotMatter) {
  const std::string id = IdOf(kBase + "attention { normalizer: \"entmax\" alpha: 1.25 } optimizer { learning_rate: 0.001 }");
  for (const std::string& base : {
           kBase + "optimizer { learning_rate: 1e-3 } attention { alpha: 1.25 normalizer: \"entmax\" }",
           std::string("optimizer{learning_rate:1.0E-3}attention<normalizer:'ent' 'max',alpha:125e-2>") + kTaskAndModel,
           kBase + "# a comment\n optimizer { learning_rate: .001 } attention { normalizer: \"entmax\" alpha: 1.250 }",
           kBase +
               "attention { normalizer: \"entmax\" alpha: 1.25 alpha_learned: false sparsity { structure: NONE } balance { k: "
               "0 } } "
               "optimizer { learning_rate: 1e-3 schedule: LINEAR weight_decay: 0.01 } training { steps: 1000 precision: F32 }",
           kBase + "attention { normalizer: \"entmax\" alpha: 1.25 } optimizer { learning_rate: 1e-3 } training { "
                   "checkpoint_seconds: 5 }",
       }) {
    EXPECT_EQ(IdOf(base), id) << base;
  }
}

TEST(Identity, NegativeZeroIsZero) {
  EXPECT_EQ(IdOf(kBase + "optimizer { weight_decay: -0.0 }"), IdOf(kBase + "optimizer { weight_decay: 0 }"));
}

TEST(Identity, EverythingThatCountsMatters) {
  std::set<std::string> ids;
  const std::string bases[] = {
      kBase,
      kBase + "training { steps: 1001 }",
      kBase + "training { precision: BF16 }",
      kBase + "attention { normalizer: \"sparsemax\" }",
      kBase + "attention { normalizer: \"entmax\" }",
      kBase + "attention { normalizer: \"entmax\" alpha: 1.4 }",
      kBase + "attention { normalizer: \"entmax\" alpha_learned: true }",
      kBase + "attention { normalizer: \"entmax\" alpha_learned: true } optimizer { alpha_learning_rate: 0.1 }",
      kBase + "attention { sparsity { structure: TOP_K_PER_QUERY } }",
      kBase + "attention { sparsity { structure: TOP_K_PER_QUERY level: 0.5 } }",
      kBase + "optimizer { learning_rate: 0.00050000000000000012 }",
      "task { recall { keys: 9 } } model { encoder {} }",
      "task { majority {} } model { encoder {} }",
  };
  for (const std::string& base : bases) EXPECT_TRUE(ids.insert(IdOf(base)).second) << base;
}

// A field that is not read in some trials of an experiment: its value is no difference between those trials.
TEST(Identity, UnreadFieldsDoNotCount) {
  const Plan plan = PlanOf(ExperimentText("attention { alpha: 1.3 }", R"(
      sweep { name: "softmax" }
      sweep { name: "entmax" base { attention { normalizer: "entmax" } } })"));
  ASSERT_EQ(plan.trials.size(), 2u);
  EXPECT_EQ(plan.trials[0].id, IdOf(kBase));
  EXPECT_NE(plan.trials[1].id, IdOf(kBase + "attention { normalizer: \"entmax\" }"));
}

TEST(Identity, SeedsCountByTheirNumber) {
  const Plan from_1 = PlanOf(ExperimentText("", "seeds { first: 1 count: 3 }")),
             from_3 = PlanOf(ExperimentText("", "seeds { first: 3 }"));
  EXPECT_EQ(from_1.trials[2].id, from_3.trials[0].id);
  EXPECT_EQ(std::set<std::string>({from_1.trials[0].id, from_1.trials[1].id, from_1.trials[2].id}).size(), 3u);
}

TEST(Identity, NameQuestionSweepsAndFoldersDoNotCount) {
  const std::string id = IdOf(kBase + "training { steps: 7 }");
  const Plan plan =
      PlanOf("name: \"other\" question: \"why?\" base { " + kBase +
             "} sweep { name: \"s\" grid { field: \"training.steps\" number: [6, 7] } } launching { max_array_trials: 3 }");
  ASSERT_EQ(plan.trials.size(), 2u);
  EXPECT_EQ(plan.trials[1].id, id);
}

// A range that meets a value gives the trial that one gets by writing it: 0.1 + 2 * 0.1 is not 0.3 in floating point.
TEST(Identity, RangesMeetWrittenValues) {
  const Plan range =
      PlanOf(ExperimentText("", "sweep { grid { field: \"optimizer.beta1\" linear { from: 0.1 to: 0.8 count: 8 } } }"));
  const Plan list =
      PlanOf(ExperimentText("", "sweep { grid { field: \"optimizer.beta1\" number: [.1, .2, .3, .4, .5, .6, .7, .8] } }"));
  EXPECT_EQ(Ids(range), Ids(list));
  const Plan log_range =
      PlanOf(ExperimentText("", "sweep { grid { field: \"optimizer.epsilon\" log { from: 1e-9 to: 1e-5 count: 5 } } }"));
  const Plan log_list =
      PlanOf(ExperimentText("", "sweep { grid { field: \"optimizer.epsilon\" number: [1e-9, 1e-8, 1e-7, 1e-6, 1e-5] } }"));
  EXPECT_EQ(Ids(log_range), Ids(log_list));
}

// A text can't be written so that it looks like other fields.
TEST(Identity, TextsAreEscaped) {
  Options options;
  options.check_files = false;
  const auto with_column = [&](const std::string& column) {
    return IdOf("model { encoder {} } task { text_classification { train: \"t.tsv\" validation: \"v.tsv\" text_column: \"" +
                    column + "\" } }",
                options);
  };
  EXPECT_NE(with_column("a\\ntask.text_classification.train_rows=5"), with_column("a"));
}

class DataFile : public testing::Test {
 protected:
  DataFile() {
    std::string name = testing::TempDir() + "/ablate_spec_XXXXXX";
    options_.data_folder = mkdtemp(name.data());
    Write("train.tsv", "sentence\tlabel\ngood\t1\nbad\t0\n");
    Write("copy.tsv", "sentence\tlabel\ngood\t1\nbad\t0\n");
    Write("validation.tsv", "sentence\tlabel\nfine\t1\nawful\t0\n");
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(options_.data_folder + "/" + name) << content;
  }

  std::string Id(const std::string& train) {
    return IdOf("model { encoder {} } task { text_classification { train: \"" + train + "\" validation: \"validation.tsv\" } }",
                options_);
  }

  Options options_;
};

TEST_F(DataFile, CountsByItsContent) {
  const std::string id = Id("train.tsv");
  EXPECT_EQ(Id("copy.tsv"), id);
  Write("train.tsv", "sentence\tlabel\ngood\t1\nbad\t1\n");
  EXPECT_NE(Id("train.tsv"), id);
  Write("train.tsv", "sentence\tlabel\ngood\t1\nbad\t0\n");
  EXPECT_EQ(Id("train.tsv"), id);
}

TEST_F(DataFile, IsASettingByItsDigest) {
  const Plan plan = PlanOf(
      "name: \"x\" base { model { encoder {} } task { text_classification { train: \"train.tsv\" "
      "validation: \"validation.tsv\" } } }",
      options_);
  ASSERT_EQ(plan.trials.size(), 1u);
  std::string value;
  for (const Setting& setting : SettingsOf(plan, plan.trials[0].trial())) {
    if (setting.field == "task.text_classification.train") value = setting.value;
  }
  // printf 'sentence\tlabel\ngood\t1\nbad\t0\n' | sha256sum
  EXPECT_EQ(value, "sha256:393fa33cb94df12deb01ef1dd1fcea2d2d14c03be354fe149a61c1643bbf3dc7");
  EXPECT_EQ(plan.file_digests.size(), 2u);
}

TEST_F(DataFile, TrialsOfEqualFilesAreOne) {
  const Plan plan =
      PlanOf(R"(name: "x" base { model { encoder {} } task { text_classification { validation: "validation.tsv" } } }
      sweep { grid { field: "task.text_classification.train" text: ["train.tsv", "copy.tsv"] } })",
             options_);
  EXPECT_EQ(plan.trials.size(), 1u);
  EXPECT_EQ(plan.remarks.size(), 1u);
}

}  // namespace
}  // namespace ablate::spec
