// Relations and distances on sentences whose answers are known by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lib/attribution/catalogue.h"
#include "lib/attribution/distance_profile.h"
#include "lib/attribution/relations.h"
#include "lib/attribution/word_maps.h"

namespace ablate::attribution {
namespace {

using tasks::DependencyTree;
using ::testing::ElementsAre;

// "the dog saw it": det(dog, the), nsubj(saw, dog), obj(saw, it).
DependencyTree Sentence() { return {{"the", 1, "det"}, {"dog", 2, "nsubj"}, {"saw", -1, "root"}, {"it", 2, "obj"}}; }

TEST(WordMap, SumsOverKeysAndMeansOverQueries) {
  // Tokens: [CLS], two of word 0, one of word 1.
  const std::vector<double> map = {9, 9, 9, 9,  //
                                   9, 1, 2, 4,  //
                                   9, 3, 6, 8,  //
                                   9, 5, 7, 11};
  EXPECT_THAT(WordMap(map, {-1, 0, 0, 1}, 2), ElementsAre((1 + 2 + 3 + 6) / 2.0, (4 + 8) / 2.0, 5 + 7, 11));
}

TEST(Relations, ATokenBeforeFindsWhatStandsBefore) {
  Relations relations;
  const DependencyTree tree = Sentence();
  std::vector<double> next(16, 0), nothing(16, 0), self(16, 0);
  for (size_t i = 0; i < 4; ++i) {
    if (i < 3) next[i * 4 + i + 1] = .5;
    self[i * 4 + i] = 1;  // its own place does not count
  }
  relations.AddSentence(tree);
  relations.AddMap(tree, 0, 0, next);
  relations.AddMap(tree, 0, 1, nothing);
  relations.AddMap(tree, 1, 0, self);
  EvaluationResult result;
  relations.Write("encoder", result);

  std::map<std::string, uint64_t> correct;
  for (const RelationAccuracy& row : result.relation()) {
    EXPECT_EQ(row.pairs(), 1u);
    correct[std::to_string(row.layer()) + std::to_string(row.head()) + " " + row.relation() + " " + row.direction()] =
        row.correct();
  }
  EXPECT_EQ(correct.size(), 3u * 6);
  EXPECT_EQ(correct.at("00 det head"), 1u);
  EXPECT_EQ(correct.at("00 nsubj head"), 1u);
  EXPECT_EQ(correct.at("00 obj head"), 0u);
  EXPECT_EQ(correct.at("00 obj dependent"), 1u);
  EXPECT_EQ(correct.at("00 nsubj dependent"), 0u);
  for (const char* map : {"01", "10"}) EXPECT_EQ(correct.at(std::string(map) + " det head"), 0u);
}

TEST(Relations, BaselinesKnowNothingOfTheSentence) {
  Relations relations;
  relations.AddSentence(Sentence());
  relations.AddSentence(Sentence());
  relations.AddSentence({{"dogs", 1, "nsubj"}, {"run", -1, "root"}});
  relations.AddSentence({{"run", -1, "root"}, {"x", 0, "obj"}, {"he", 0, "nsubj"}});
  EvaluationResult result;
  relations.Write("encoder", result);
  bool found = false;
  for (const RelationBaseline& row : result.relation_baseline()) {
    if (row.relation() != "nsubj" || row.direction() != "head") continue;
    found = true;
    EXPECT_EQ(row.pairs(), 4u);
    EXPECT_EQ(row.best_offset(), 1);  // three of four; the last is two to the left
    EXPECT_EQ(row.best_offset_correct(), 3u);
    EXPECT_DOUBLE_EQ(row.random_share(), (1 / 3.0 + 1 / 3.0 + 1 + 1 / 2.0) / 4);
  }
  EXPECT_TRUE(found);
}

TEST(Relations, AmongEqualOffsetsTheNearestIsBest) {
  Relations relations;
  relations.AddSentence({{"a", 2, "x"}, {"b", 2, "y"}, {"c", -1, "root"}, {"d", 2, "x"}});  // x: +2 and -1
  EvaluationResult result;
  relations.Write("encoder", result);
  for (const RelationBaseline& row : result.relation_baseline()) {
    if (row.relation() != "x" || row.direction() != "head") continue;
    EXPECT_EQ(row.best_offset(), -1);
  }
}

// By its definition, pair by pair.
struct Expected {
  double mean = 0, by_offset = 0, random = 0;
  uint64_t pairs = 0;
};
std::map<uint32_t, Expected> BruteForce(const std::vector<std::pair<DependencyTree, std::vector<double>>>& sentences) {
  struct Pair {
    int32_t distance, offset;
    double share, random;
  };
  std::vector<Pair> pairs;
  for (const auto& [tree, map] : sentences) {
    const int words = static_cast<int>(tree.size());
    const std::vector<int32_t> distances = tasks::TreeDistances(tree);
    for (int i = 0; i < words; ++i) {
      double sum = 0;
      for (int j = 0; j < words; ++j) sum += i == j ? 0 : map[i * words + j];
      for (int j = 0; j < words && sum > 0; ++j) {
        if (i != j) pairs.push_back({distances[i * words + j], j - i, map[i * words + j] / sum, 1.0 / (words - 1)});
      }
    }
  }
  std::map<uint32_t, Expected> expected;
  for (const Pair& pair : pairs) {
    double at_offset = 0, count = 0;
    for (const Pair& other : pairs) {
      if (other.offset == pair.offset) at_offset += other.share / other.random, ++count;
    }
    Expected& row = expected[pair.distance];
    ++row.pairs;
    row.mean += pair.share;
    row.by_offset += pair.random * at_offset / count;
    row.random += pair.random;
  }
  for (auto& [distance, row] : expected) row.mean /= row.pairs, row.by_offset /= row.pairs, row.random /= row.pairs;
  return expected;
}

TEST(DistanceProfile, IsItsDefinition) {
  std::vector<double> weights(16), empty_row = {1, 0, 0, 1, 0, 1, 2, 3, 4};
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<double>((i * 7) % 11) / 3;
  const std::vector<std::pair<DependencyTree, std::vector<double>>> sentences = {
      {Sentence(), weights}, {{{"a", -1, "root"}, {"b", 0, "x"}, {"c", 1, "x"}}, empty_row}};
  DistanceProfile profile;
  for (const auto& [tree, map] : sentences) profile.Add(tree, map);
  EvaluationResult result;
  profile.Write("value_zeroing", result);
  const std::map<uint32_t, Expected> expected = BruteForce(sentences);
  ASSERT_EQ(result.distance_size(), static_cast<int>(expected.size()));
  for (const AttributionByDistance& row : result.distance()) {
    const Expected& want = expected.at(row.distance());
    EXPECT_EQ(row.method(), "value_zeroing");
    EXPECT_EQ(row.pairs(), want.pairs);
    // Sums of at most 14 numbers up to 1.
    EXPECT_NEAR(row.mean(), want.mean, 1e-14);
    EXPECT_NEAR(row.by_offset(), want.by_offset, 1e-14);
    EXPECT_NEAR(row.random(), want.random, 1e-14);
  }
}

TEST(DistanceProfile, EvenAttributionIsNoSyntaxInSentencesOfAnyLength) {
  DistanceProfile profile;
  profile.Add(Sentence(), std::vector<double>(16, .25));
  profile.Add({{"a", 1, "x"}, {"b", -1, "root"}}, std::vector<double>(4, .5));
  EvaluationResult result;
  profile.Write("x", result);
  for (const AttributionByDistance& row : result.distance()) {
    EXPECT_NEAR(row.mean(), row.random(), 1e-15);
    EXPECT_NEAR(row.by_offset(), row.random(), 1e-15);
  }
}

TEST(DistanceProfile, AttributionAloneByPlaceIsNoSyntax) {
  std::vector<double> next(16, 0);
  for (size_t i = 0; i < 3; ++i) next[i * 4 + i + 1] = 1;
  DistanceProfile profile;
  profile.Add(Sentence(), next);
  EvaluationResult result;
  profile.Write("x", result);
  for (const AttributionByDistance& row : result.distance()) EXPECT_DOUBLE_EQ(row.mean(), row.by_offset()) << row.distance();
}

TEST(Catalogue, IsAlphabeticalAndComplete) {
  std::set<std::string> names;
  for (const Entry& entry : Catalogue()) {
    EXPECT_TRUE(names.empty() || *names.rbegin() < entry.name) << entry.name;
    names.insert(entry.name);
    for (const std::string& text : {entry.definition, entry.unit, entry.range, entry.source}) EXPECT_NE(text, "") << entry.name;
  }
}

}  // namespace
}  // namespace ablate::attribution
