// `ablate evaluate`: a set that is added later is evaluated on finished trials, once, without training anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;

using Edits = std::vector<std::pair<std::string, std::string>>;

const Edits kWithSets = {{"launching {",
                          "evaluation { name: \"again\" file: \"dev.tsv\" }\n"
                          "evaluation {\n"
                          "  name: \"other\" file: \"other.tsv\" text_column: \"text\" label_column: \"polarity\"\n"
                          "  label { here: \"+\" in_training: \"good\" } label { here: \"-\" in_training: \"bad\" }\n"
                          "}\n"
                          "launching {"}};

class Evaluate : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"train.tsv", "dev.tsv", "other.tsv"}) place_.Copy(file);
    place_.Copy("sentences.textproto");
  }

  void Train() {
    const Outcome run = place_.Run({"run", "sentences.textproto", "--data", ".", "--devices", "cpu:1"});
    ASSERT_EQ(run.code, 0) << run.err;
  }
  Outcome Run() { return place_.Run({"evaluate", "sentences.textproto", "--data", ".", "--devices", "cpu:1"}); }

  Workplace place_;
};

TEST_F(Evaluate, SetsAddedLaterAreEvaluatedOnceAndNothingIsTrained) {
  Train();
  place_.Copy("sentences.textproto", kWithSets);
  Outcome outcome = Run();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("8 evaluations to make, 0 made before, 0 trials not finished\n"));
  EXPECT_THAT(outcome.out, HasSubstr("mean_accuracy"));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts"), 4);  // those of training
  EXPECT_EQ(place_.Number("SELECT COUNT(DISTINCT evaluation_id) FROM evaluation_results WHERE metric = 'accuracy'"), 8);
  // The same weights on the same rows: the same number.
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM evaluation_results r JOIN trial_overview t USING (trial_id) "
                          "WHERE r.evaluation = 'again' AND r.metric = 'accuracy' AND r.value = t.value"),
            4);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM predictions WHERE evaluation = 'other'"), 8);
  EXPECT_EQ(place_.Column("SELECT DISTINCT line || ' ' || label FROM predictions WHERE evaluation = 'other' ORDER BY 1"),
            (std::vector<std::string>{"2 bad", "3 good"}));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL"), 0);

  outcome = Run();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("0 evaluations to make, 8 made before, 0 trials not finished\n"));
  place_.Copy("other.tsv", {{"fine words", "fine pictures"}});  // another content is another evaluation
  EXPECT_THAT(Run().out, HasSubstr("4 evaluations to make, 4 made before, 0 trials not finished\n"));
  const Outcome again = place_.Run({"run", "sentences.textproto", "--data", "."});
  EXPECT_THAT(again.out, HasSubstr("4 succeeded; 0 ended here"));
}

TEST_F(Evaluate, WhatIsMissingIsSaid) {
  EXPECT_EQ(Run().code, 2);  // no sets
  place_.Copy("sentences.textproto", kWithSets);
  const Outcome no_database = Run();
  EXPECT_EQ(no_database.code, 6) << no_database.err;
  Train();
  place_.Copy("sentences.textproto", {{"launching {", "evaluation { name: \"none\" file: \"none.tsv\" } launching {"}});
  const Outcome no_file = Run();
  EXPECT_EQ(no_file.code, 2);
  EXPECT_THAT(no_file.err, HasSubstr("evaluation \"none\": "));
  place_.Copy("sentences.textproto", {{"launching {", "evaluation { name: \"odd\" file: \"other.tsv\" } launching {"}});
  const Outcome no_column = Run();
  EXPECT_EQ(no_column.code, 1);
  EXPECT_THAT(no_column.out, HasSubstr("odd: failed: "));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM messages WHERE text LIKE 'evaluation odd: %'"), 4);
  ASSERT_EQ(place_.Run({"gc"}).code, 0);
  place_.Copy("sentences.textproto", kWithSets);
  const Outcome no_weights = Run();
  EXPECT_EQ(no_weights.code, 1);
  EXPECT_THAT(no_weights.out, HasSubstr("has no weights any more"));
}

}  // namespace
}  // namespace ablate::e2e
