// `ablate analyze` and `ablate attention`: finished trials are looked at, once, without training anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;

class Analyze : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"train.tsv", "dev.tsv", "other.tsv", "sentences.textproto"}) place_.Copy(file);
    const Outcome run = place_.Run({"run", "sentences.textproto", "--data", ".", "--devices", "cpu:1"});
    ASSERT_EQ(run.code, 0) << run.err;
  }

  Outcome Run(std::vector<std::string> more) {
    std::vector<std::string> words = {"analyze", "sentences.textproto", "--data", ".", "--devices", "cpu:1"};
    words.insert(words.end(), more.begin(), more.end());
    return place_.Run(words);
  }

  Workplace place_;
};

TEST_F(Analyze, EachAnalysisOnceAndNothingIsTrained) {
  Outcome outcome = Run({});
  ASSERT_EQ(outcome.code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("4 evaluations to make, 0 made before, 0 trials not finished\n"));
  EXPECT_THAT(outcome.out, HasSubstr("diversity"));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM analyses"), 4);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM evaluation_results"), 0);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM analysis_head_statistics WHERE statistic = 'gini'"), 8);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts"), 4);  // those of training
  EXPECT_THAT(Run({}).out, HasSubstr("0 evaluations to make, 4 made before"));
  EXPECT_THAT(Run({"--split", "train"}).out, HasSubstr("4 evaluations to make, 0 made before"));
  EXPECT_THAT(Run({"--examples", "2"}).out, HasSubstr("4 evaluations to make, 0 made before"));
  EXPECT_THAT(Run({"--file", "train.tsv"}).out, HasSubstr("4 evaluations to make, 0 made before"));
  const Outcome roles = place_.Run({"query", "head_roles", "--param", "experiment=sentences"});
  EXPECT_THAT(roles.out, HasSubstr("dense"));
}

TEST_F(Analyze, ATreebank) {
  std::ofstream(place_.Path("trees.conllu")) << "1\tfine\t_\t_\t_\t_\t2\tamod\t_\t_\n2\twords\t_\t_\t_\t_\t0\troot\t_\t_\n";
  const Outcome outcome = Run({"--dependencies", "trees.conllu"});
  ASSERT_EQ(outcome.code, 0) << outcome.err << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("amod"));
  EXPECT_EQ(place_.Number("SELECT COUNT(DISTINCT method) FROM attribution_by_distance"), 3);
  EXPECT_THAT(place_.Run({"query", "syntax_by_distance", "--param", "experiment=sentences"}).out, HasSubstr("value_zeroing"));
}

TEST_F(Analyze, WhatCanNotBeIsSaid) {
  Outcome outcome = Run({"--attribution", "rolout"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--attribution rolout: allowed are all, attention_rollout"));
  outcome = Run({"--set-name", "robust"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--set-name robust: experiment \"sentences\" has no such evaluation"));
  EXPECT_EQ(Run({"--dependencies", "none.conllu"}).code, 2);
  EXPECT_EQ(Run({"--dependencies", "x", "--file", "y"}).code, 4);
  EXPECT_EQ(Run({"--dependencies", "train.tsv", "--attribution", "gradient_x_input"}).code, 2);
}

TEST_F(Analyze, ATextIsDrawnInEveryFormat) {
  const std::string trial = place_.Column("SELECT trial_id FROM trial_overview WHERE arm = 'sparse' ORDER BY seed")[0];
  const std::vector<std::string> words = {"attention", trial.substr(0, 8), "--text", "fine words here"};
  const Outcome text = place_.Run(words);
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("layer 0 head 1"));
  EXPECT_THAT(text.out, HasSubstr("·"));
  const auto as = [&](const std::string& format) {
    std::vector<std::string> more = words;
    more.insert(more.end(), {"--format", format, "-o", "drawing." + format, "--attribution", "all"});
    const Outcome outcome = place_.Run(more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::stringstream content;
    content << std::ifstream(place_.Path("drawing." + format)).rdbuf();
    return content.str();
  };
  EXPECT_THAT(as("svg"), HasSubstr("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(as("html"), HasSubstr("<!DOCTYPE html>"));
  const nlohmann::json json = nlohmann::json::parse(as("json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["tokens"].size(), 4u);
  EXPECT_EQ(json["heads"].size(), 2u);
  EXPECT_EQ(json["attributions"].size(), 5u);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM evaluations"), 0);  // nothing is kept
  EXPECT_EQ(place_.Run({"attention", "zz", "--text", "x"}).code, 4);
  EXPECT_EQ(place_.Run({"attention", trial}).code, 0);  // the first validation example
  const Outcome no_token = place_.Run({"attention", trial, "--text", " "});
  EXPECT_EQ(no_token.code, 4);
  EXPECT_THAT(no_token.err, HasSubstr("has no token"));
}

}  // namespace
}  // namespace ablate::e2e
