// No broken experiment crashes anything, and each gets exactly the message that a person needs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/spec/spec.h"

namespace ablate::spec {
namespace {

constexpr char kFolder[] = "tests/golden/broken_specs";
constexpr char kSetting[] = "# --set ";

std::vector<std::string> Names() {
  std::vector<std::string> names;
  const auto files = ListFolder(kFolder);
  if (!files.ok()) return names;
  for (const std::string& file : *files) {
    const size_t end = file.rfind(".textproto");
    if (end != std::string::npos) names.push_back(file.substr(0, end));
  }
  return names;
}

std::vector<std::string> SettingsIn(const std::string& text) {
  std::vector<std::string> settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(kSetting, 0) == 0) settings.push_back(line.substr(sizeof(kSetting) - 1));
  }
  return settings;
}

class BrokenSpec : public testing::TestWithParam<std::string> {};

TEST_P(BrokenSpec, GetsItsMessage) {
  const std::string path = std::string(kFolder) + "/" + GetParam() + ".textproto";
  const auto text = ReadFile(path);
  const auto expected = ReadFile(std::string(kFolder) + "/" + GetParam() + ".expected");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_TRUE(expected.ok()) << expected.status();
  Options options;
  options.data_folder = std::string(kFolder) + "/data";
  options.settings = SettingsIn(*text);
  const auto plan = LoadPlan(path, options);
  ASSERT_FALSE(plan.ok()) << "was accepted";
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(plan.status().message()) + "\n", *expected);
}

INSTANTIATE_TEST_SUITE_P(Golden, BrokenSpec, testing::ValuesIn(Names()), [](const auto& info) { return info.param; });

TEST(BrokenSpecs, AreManyAndNoneIsForgotten) {
  EXPECT_GE(Names().size(), 60u);
  const auto files = ListFolder(kFolder);
  ASSERT_TRUE(files.ok());
  for (const std::string& file : *files) {
    const size_t end = file.rfind(".expected");
    if (end == std::string::npos) continue;
    EXPECT_TRUE(FileExists(std::string(kFolder) + "/" + file.substr(0, end) + ".textproto")) << file;
  }
}

std::string Temporary(const std::string& name) { return testing::TempDir() + "/" + name; }

TEST(BrokenSpecs, HugeFileIsRefusedUnread) {
  const std::string path = Temporary("huge.textproto");
  std::ofstream(path) << "name: \"huge\"\n";
  ASSERT_EQ(truncate(path.c_str(), 300 << 20), 0);
  const auto start = std::chrono::steady_clock::now();
  const auto plan = LoadPlan(path, {});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(plan.status().message(), path + ": is 314572800 bytes long; allowed: at most 67108864 (64 MiB)");
  EXPECT_LT(seconds.count(), 0.1);  // reading 300 MB takes longer
  unlink(path.c_str());
}

TEST(BrokenSpecs, TextOutsideUtf8NamesItsPlace) {
  const std::string text = "name: \"latin\"\nquestion: \"caf\xe9?\"\n";
  EXPECT_EQ(ParsePlan(text, "latin.textproto", {}).status().message(),
            "latin.textproto:2:15: the byte 0xe9 is not UTF-8; allowed: text in UTF-8");
  EXPECT_EQ(ParsePlan("\xff", "first.textproto", {}).status().message(),
            "first.textproto:1:1: the byte 0xff is not UTF-8; allowed: text in UTF-8");
}

TEST(BrokenSpecs, MissingFileIsNotFound) {
  const auto plan = LoadPlan(Temporary("nowhere.textproto"), {});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(plan.status().message().find("nowhere.textproto"), std::string::npos);
}

TEST(BrokenSpecs, FolderIsRefused) {
  const auto plan = LoadPlan(kFolder, {});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(plan.status().message(),
            "tests/golden/broken_specs: is a folder; allowed: an experiment file, as "
            "tests/golden/broken_specs/quickstart.textproto");
}

// Deep nesting in the places where a reader might recurse: known messages, unknown fields, lists.
TEST(BrokenSpecs, DepthDoesNotMatter) {
  const int depth = 200'000;
  for (const std::string piece : {"a { ", "a: [ ", "a < "}) {
    std::string text = "name: \"deep\" base { unknown ";
    text += piece[2] == '{' ? "{ " : ": [ ";
    for (int i = 0; i < depth; ++i) text += piece;
    EXPECT_EQ(ParsePlan(text, "deep.textproto", {}).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(BrokenSpecs, ManyMistakesAreCut) {
  std::string text = "name: \"many\"\n";
  for (int i = 0; i < 5000; ++i) text += "unknown: 1\n";
  const std::string message(ParsePlan(text, "many.textproto", {}).status().message());
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 100);
  EXPECT_NE(message.find("\nmany.textproto: at least 900 more errors"), std::string::npos)
      << message.substr(message.rfind('\n'));
}

TEST(BrokenSpecs, ManyElementsAreRefused) {
  std::string text = "name: \"many\" sweep { grid { field: \"training.steps\" number: [1";
  for (int i = 0; i < 2'000'000; ++i) text += ",1";
  const std::string message(ParsePlan(text + "] } }", "many.textproto", {}).status().message());
  EXPECT_NE(message.find("more than 2000000 fields and values"), std::string::npos) << message.substr(0, 300);
}

constexpr char kGood[] = R"(name: "good"
base { task { recall { keys: 8 } } model { encoder { width: 64 } }
  attention { alpha: 1.3 sparsity { structure: TOP_K_PER_QUERY level: 0.2 } } }
sweep { name: "a" }
sweep { name: "b" base { attention { normalizer: "entmax" } } grid { field: "attention.alpha" number: [1.2, 1.5] }
  zip { field: "training.steps" linear { from: 1 to: 9 count: 3 } } zip { field: "training.batch_size" number: [8, 9, 7] }
  exclude { attention { alpha: 1.2 } training { steps: 5 } } }
sweep { name: "c" case { name: "x" base { task { majority {} } } grid { field: "task.majority.symbols" number: 3 } }
  case { name: "y" } sample { field: "optimizer.learning_rate" log { from: 1e-4 to: 1e-2 } } samples: 3 sampling: RANDOM }
seeds { first: 2 count: 2 } claim { arm: "b alpha=1.2 steps=1 batch_size=8" baseline: "a" } metric { name: "validation/loss" }
)";

// Pieces of a good experiment exchanged, removed and repeated at random: an error or a plan, never a crash or an empty error.
TEST(BrokenSpecs, DamageIsToldOrHarmless) {
  std::mt19937 random(2);
  const std::string alphabet = "{}[]:.,\"-# \nax_";
  ASSERT_TRUE(ParsePlan(kGood, "good.textproto", {}).ok()) << ParsePlan(kGood, "good.textproto", {}).status();
  int good = 0, broken = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = kGood;
    for (size_t edits = 1 + random() % 2; edits > 0; --edits) {
      const size_t at = random() % text.size(), from = random() % text.size(), length = random() % (round % 2 == 0 ? 3 : 30);
      switch (random() % 4) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, 1 + length);
          break;
        case 2:
          text.insert(at, text.substr(from, length));
          break;
        default:
          text.replace(at, length, text.substr(from, length));
      }
    }
    const auto plan = ParsePlan(text, "damaged.textproto", {});
    (plan.ok() ? good : broken) += 1;
    if (plan.ok()) {
      EXPECT_FALSE(plan->trials.empty()) << text;
    } else {
      EXPECT_EQ(plan.status().message().find("damaged.textproto:"), 0u) << plan.status() << "\n" << text;
    }
  }
  EXPECT_GT(good, 100);
  EXPECT_GT(broken, 1000);
}

TEST(BrokenSpecs, SizesThatWouldFillMemoryAreRefused) {
  const auto message = [](const std::string& text) {
    return std::string(ParsePlan(text, "large.textproto", {}).status().message());
  };
  const std::string base = "name: \"large\" base { task { recall {} } model { encoder {} } }\n";
  std::string sweeps = base, exclusions = base + "sweep {",
              cases = base +
                      "sweep { grid { field: \"training.steps\" linear { from: 1 "
                      "to: 1000 count: 1000 } }";
  for (int i = 0; i < 10'001; ++i) sweeps += "sweep {}";
  for (int i = 0; i < 1001; ++i) exclusions += "exclude { training { steps: 5 } }";
  for (int i = 0; i < 5000; ++i) cases += "case { name: \"a\" }";
  EXPECT_NE(message(sweeps).find("10001 sweeps"), std::string::npos) << message(sweeps);
  EXPECT_NE(message(exclusions + "}").find("1001 exclusions"), std::string::npos) << message(exclusions);
  EXPECT_NE(message(cases + "}").find("5000000 values on axes"), std::string::npos) << message(cases + "}");
}

// Long values are shown cut, and are not compared with every name.
TEST(BrokenSpecs, LongWordsAreCut) {
  const std::string word(1 << 20, 'x');
  for (const std::string& text :
       {word + ": 1", "name: " + word, "base { " + word + " {} }", "sweep { grid { field: \"" + word + "\" number: 1 } }",
        "base { attention { normalizer: \"" + word + "\" sparsity { structure: " + word + " } } }", "name: \"" + word + "\"",
        "claim { arm: \"" + word + "\" baseline: \"" + word + "\" }", "metric { name: \"" + word + "\" }",
        "question: \"" + word + "\""}) {
    const std::string message(ParsePlan(text, "long.textproto", {}).status().message());
    EXPECT_LT(message.size(), 2000u) << message.substr(0, 2000);
  }
}

}  // namespace
}  // namespace ablate::spec
