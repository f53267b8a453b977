// Public data files in the folder ABLATE_DATA: that each is read whole, and to the counts that its authors publish.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "lib/tasks/batches.h"
#include "lib/tasks/generation_metrics.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {
namespace {

class RealDataTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("ABLATE_DATA") == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
    folder_ = std::getenv("ABLATE_DATA");
  }

  LabelledExamples Load(const Task& task) const {
    EXPECT_TRUE(CheckTaskFiles(task, folder_).ok()) << CheckTaskFiles(task, folder_);
    auto examples = LoadTask(task, folder_);
    EXPECT_TRUE(examples.ok()) << examples.status();
    return examples.ok() ? *std::move(examples) : LabelledExamples();
  }

  std::string folder_;
};

Task Files(bool generation, const std::vector<std::string>& files) {
  Task task;
  ParallelText& settings = generation ? *task.mutable_generation() : *task.mutable_translation();
  settings.set_train_source(files[0]);
  settings.set_train_target(files[1]);
  settings.set_validation_source(files[2]);
  settings.set_validation_target(files[3]);
  return task;
}

Task Multi30k() {
  const std::string raw = "multi30k/raw/";
  Task task = Files(false, {raw + "train.de.gz", raw + "train.en.gz", raw + "val.de.gz", raw + "val.en.gz"});
  task.mutable_translation()->set_test_source(raw + "test_2016_flickr.de.gz");
  task.mutable_translation()->set_test_target(raw + "test_2016_flickr.en.gz");
  task.mutable_translation()->mutable_vocabulary()->set_size(4000);
  return task;
}

std::vector<int32_t> WithoutEnds(const std::vector<int32_t>& target) { return {target.begin() + 1, target.end() - 1}; }

double PaddedPerRealToken(const std::vector<Example>& examples, int batch_size) {
  const TrainingBatches batches(examples, batch_size);
  double padded = 0, real = 0;
  for (int64_t step = 0; step < batches.steps_per_epoch(); ++step) {
    for (const int64_t example : batches.Examples(step, 1)) {
      padded += batches.Shape(step).padded_tokens + batches.Shape(step).padded_target_tokens;
      real += static_cast<double>(examples[example].tokens.size() + examples[example].target.size());
    }
  }
  return padded / real;
}

TEST_F(RealDataTest, Multi30kIsTranslated) {
  const LabelledExamples examples = Load(Multi30k());
  EXPECT_EQ(examples.train.size(), 29000u);
  ASSERT_EQ(examples.validation.size(), 1014u);
  ASSERT_EQ(examples.longer.size(), 1u);
  EXPECT_EQ(examples.longer[0].examples.size(), 1000u);
  EXPECT_EQ(examples.vocabulary, 4000);
  // The same bytes on every machine with this release of the library.
  ASSERT_FALSE(examples.notes.empty());
  EXPECT_EQ(examples.notes[0], "");
  std::vector<std::vector<int32_t>> right, cut;
  int64_t same = 0;
  for (size_t i = 0; i < examples.validation.size(); ++i) {
    right.push_back(WithoutEnds(examples.validation[i].target));
    cut.emplace_back(right.back().begin(), right.back().begin() + right.back().size() / 2);
    same += examples.text->Text(right.back()) == examples.references[i][0];
  }
  EXPECT_GT(same, 1000) << "only runs of spaces and letters that training lacks are lost";
  EXPECT_GT(ScoreGenerated(examples, examples.references, right)[0].second, 99.9);
  EXPECT_LT(ScoreGenerated(examples, examples.references, cut)[0].second, 60);
  const double padding = PaddedPerRealToken(examples.train, 64);
  RecordProperty("padded_per_real_token", std::to_string(padding));
  EXPECT_LT(padding, 1.08);
}

TEST_F(RealDataTest, WikiText2HasItsPublishedCounts) {
  Task task;
  LanguageModeling& settings = *task.mutable_language_modeling();
  settings.set_train("wikitext2/wiki.train.doc-order-differs.tokens.gz");
  settings.set_validation("wikitext2/wiki.valid.tokens.gz");
  settings.set_test("wikitext2/wiki.test.tokens.gz");
  settings.mutable_vocabulary()->set_kind(TextVocabulary::WORDS);
  settings.mutable_vocabulary()->set_size(50000);
  const LabelledExamples examples = Load(task);
  const auto tokens = [](const std::vector<Example>& blocks) {
    int64_t count = 0;
    for (const Example& block : blocks) count += static_cast<int64_t>(block.tokens.size()) - 1;
    return count;
  };
  EXPECT_EQ(tokens(examples.train), 2088628);
  EXPECT_EQ(tokens(examples.validation), 217646);
  EXPECT_EQ(examples.words, 217646);
  ASSERT_EQ(examples.longer.size(), 1u);
  EXPECT_EQ(tokens(examples.longer[0].examples), 245569);
  EXPECT_EQ(examples.vocabulary, 2 + 33278) << "unknown words and ends of lines are two of the 33278 types";
}

TEST_F(RealDataTest, TinyShakespeareHas65Characters) {
  Task task;
  LanguageModeling& settings = *task.mutable_language_modeling();
  settings.set_train("tinyshakespeare/input.txt.gz");
  settings.mutable_vocabulary()->set_kind(TextVocabulary::CHARACTERS);
  settings.set_max_tokens(257);
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.vocabulary, 4 + 65);
  int64_t characters = 0;
  for (const auto* set : {&examples.train, &examples.validation}) {
    for (const Example& block : *set) characters += static_cast<int64_t>(block.tokens.size()) - 1;
  }
  EXPECT_EQ(characters, 1115394);
}

TEST_F(RealDataTest, CommonGenAndE2eJoinTheirReferences) {
  const std::string common = "commongen/commongen.";
  Task task = Files(true, {common + "train.src_alpha.txt.gz", common + "train.tgt.txt.gz", common + "dev.src_alpha.txt.gz",
                           common + "dev.tgt.txt.gz"});
  task.mutable_generation()->mutable_vocabulary()->set_kind(TextVocabulary::WORDS);
  LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 39069u);
  EXPECT_EQ(examples.validation.size(), 993u);
  size_t references = 0;
  for (const auto& of_one : examples.references) references += of_one.size();
  EXPECT_EQ(references, 4018u);

  const std::string e2e = "e2e/aligned/";
  task = Files(true, {e2e + "src_train.txt.gz", e2e + "train.txt.gz", e2e + "src_valid.txt.gz", e2e + "valid.txt.gz"});
  task.mutable_generation()->mutable_vocabulary()->set_kind(TextVocabulary::WORDS);
  task.mutable_generation()->set_target_ends_at("<eos>");
  examples = Load(task);
  EXPECT_EQ(examples.train.size(), 42061u);
  EXPECT_EQ(examples.validation.size(), 547u);
}

struct SecondSet {
  const char* file;
  const char* json_key;
  const char* text;
  const char* second_text;
  const char* label;
  bool quoted;
  std::vector<std::pair<const char*, const char*>> labels;
  size_t examples;
};

void ExpectSets(const Task& task, const std::string& folder, const std::vector<SecondSet>& sets) {
  for (const SecondSet& one : sets) {
    EvaluationSet set;
    set.set_name("set");
    set.set_file(one.file);
    set.set_json_key(one.json_key);
    set.set_text_column(one.text);
    set.set_second_text_column(one.second_text);
    set.set_label_column(one.label);
    if (one.quoted) set.set_quoting(TextClassification::DOUBLE_QUOTES);
    for (const auto& [here, in_training] : one.labels) {
      RenamedLabel& label = *set.add_label();
      label.set_here(here);
      label.set_in_training(in_training);
    }
    const auto examples = LoadEvaluationSet(task, set, folder);
    ASSERT_TRUE(examples.ok()) << examples.status();
    EXPECT_EQ(examples->validation.size(), one.examples) << one.file;
    EXPECT_TRUE(examples->skipped.empty());
  }
}

TEST_F(RealDataTest, SentimentIsReadFromCounterfactualContrastAndAttackedSets) {
  Task task;
  TextClassification& settings = *task.mutable_text_classification();
  settings.set_train("imdb_cad/orig/train.tsv.gz");
  settings.set_validation("imdb_cad/orig/dev.tsv.gz");
  settings.set_text_column("Text");
  settings.set_label_column("Sentiment");
  settings.set_quoting(TextClassification::DOUBLE_QUOTES);
  settings.set_max_tokens(512);
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 1707u);
  EXPECT_EQ(examples.validation.size(), 245u);
  ExpectSets(task, folder_,
             {{"imdb_cad/new/test.tsv.gz", "", "Text", "", "Sentiment", true, {}, 488},
              {"imdb_cad/combined_paired/test_paired.tsv.gz", "", "Text", "", "Sentiment", true, {}, 976},
              {"imdb_contrast/test_contrast.tsv.gz", "", "Text", "", "Sentiment", true, {}, 488},
              {"imdb_contrast/test_original.tsv.gz", "", "Text", "", "Sentiment", true, {}, 488},
              {"advglue/dev.json", "sst2", "sentence", "", "label", false, {{"0", "Negative"}, {"1", "Positive"}}, 148}});
}

TEST_F(RealDataTest, InferenceIsReadFromHardAndChallengeSets) {
  Task task;
  TextClassification& settings = *task.mutable_text_classification();
  settings.set_train("snli/cad_nli/all_combined/train.tsv.gz");
  settings.set_validation("snli/cad_nli/all_combined/dev.tsv.gz");
  settings.set_text_column("sentence1");
  settings.set_second_text_column("sentence2");
  settings.set_label_column("gold_label");
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 8330u);
  EXPECT_EQ(examples.validation.size(), 1000u);
  ExpectSets(task, folder_,
             {{"snli/snli_1.0_test_hard.jsonl.gz", "", "sentence1", "sentence2", "gold_label", false, {}, 3261},
              {"snli/cad_nli/revised_premise/test.tsv.gz", "", "sentence1", "sentence2", "gold_label", false, {}, 800},
              {"hans/hans_regenerated_eval.tsv.gz",
               "",
               "sentence1",
               "sentence2",
               "gold_label",
               false,
               {{"non-entailment", "neutral"}, {"non-entailment", "contradiction"}},
               30000},
              {"fever_symmetric/symmetric_v0.2/fever_symmetric_dev.jsonl",
               "",
               "evidence",
               "claim",
               "label",
               false,
               {{"SUPPORTS", "entailment"}, {"REFUTES", "contradiction"}},
               708},
              {"advglue/dev.json",
               "mnli",
               "premise",
               "hypothesis",
               "label",
               false,
               {{"0", "entailment"}, {"1", "neutral"}, {"2", "contradiction"}},
               121}});
}

}  // namespace
}  // namespace ablate::tasks
