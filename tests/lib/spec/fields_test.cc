#include "lib/spec/fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "lib/normalizers/catalogue.h"
#include "proto/trial.pb.h"

namespace ablate::spec {
namespace {

TEST(Fields, AreSortedAndFound) {
  const std::vector<Field>& fields = TrialFields();
  ASSERT_GT(fields.size(), 40u);
  for (size_t i = 0; i < fields.size(); ++i) {
    EXPECT_TRUE(i == 0 || fields[i - 1].path < fields[i].path) << fields[i].path;
    EXPECT_EQ(FindField(fields[i].path), static_cast<int>(i));
  }
  EXPECT_EQ(FindField("attention"), -1);
  EXPECT_EQ(FindField(""), -1);
  EXPECT_NE(FindField("task"), -1) << "a choice is a field";
}

TEST(Fields, DependenceOrderNamesEachOnceAndAfterItsConditions) {
  std::set<int> seen;
  for (int field : FieldsByDependence()) {
    for (int deciding : DecidingFields(TrialFields()[field])) EXPECT_TRUE(seen.count(deciding)) << field;
    const int inherits = TrialFields()[field].inherits;
    EXPECT_TRUE(inherits < 0 || seen.count(inherits)) << field;
    EXPECT_TRUE(seen.insert(field).second);
  }
  EXPECT_EQ(seen.size(), TrialFields().size());
}

// A condition on a name that doesn't exist would never hold.
TEST(Fields, ConditionsNameValuesThatExist) {
  for (const Field& field : TrialFields()) {
    std::vector<Condition> conditions = field.conditions;
    for (const std::vector<Condition>& terms : field.alternatives) {
      conditions.insert(conditions.end(), terms.begin(), terms.end());
    }
    for (const Condition& condition : conditions) {
      const Field& on = TrialFields()[condition.field];
      for (const std::string& value : condition.values) {
        EXPECT_NE((Allowed(on) + " ").find(value), std::string::npos)
            << field.path << " read when " << on.path << " = " << value;
      }
    }
  }
}

// What the catalogue says that a normalizer reads is what read_when says.
TEST(Fields, NormalizersReadWhatTheirCatalogueSays) {
  std::map<std::string, std::vector<std::string>> read;
  for (const Field& field : TrialFields()) {
    for (const Condition& condition : field.conditions) {
      if (TrialFields()[condition.field].path != "attention.normalizer") continue;
      if (field.path.rfind("attention.", 0) != 0) continue;
      for (const std::string& name : condition.values) read[name].push_back(field.path.substr(sizeof("attention.") - 1));
    }
  }
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    std::vector<std::string> catalogued = entry.reads;
    std::sort(catalogued.begin(), catalogued.end());
    EXPECT_EQ(read[entry.name], catalogued) << entry.name;
  }
}

TEST(Fields, NearestPathIsFoundByPathOrByLastPart) {
  EXPECT_EQ(NearestField("attention.alpah"), "attention.alpha");
  EXPECT_EQ(NearestField("sparsity.level"), "attention.sparsity.level");
  EXPECT_EQ(NearestField("learning_rat"), "optimizer.learning_rate");
  EXPECT_EQ(NearestField("xyzzy.plugh"), "");
  EXPECT_EQ(NearestField(""), "");
}

TEST(Fields, SayWhatIsAllowed) {
  const auto allowed = [](const char* path) { return Allowed(TrialFields()[FieldIndex(path)]); };
  EXPECT_EQ(allowed("attention.alpha"), "a number, 1 to 2");
  EXPECT_EQ(allowed("attention.sparsity.level"), "a number, 0 to below 1");
  EXPECT_EQ(allowed("attention.balance.epsilon"), "a number, above 0 and below 1");
  EXPECT_EQ(allowed("optimizer.learning_rate"), "a number, above 0, at most 10");
  EXPECT_EQ(allowed("attention.balance.k"), "a whole number, 0 to 8192");
  EXPECT_EQ(allowed("task.text_classification.train_rows"), "a whole number, at least 0");
  EXPECT_EQ(allowed("attention.alpha_learned"), "true or false");
  EXPECT_EQ(allowed("optimizer.schedule"), "LINEAR, CONSTANT or COSINE");
  EXPECT_EQ(allowed("attention.normalizer"),
            "adaptive_scalable_entmax, entmax, rela, scalable_softmax, sigmoid, sinkhorn, softmax, softmax_plus_one, "
            "softmax_sink, sparsegen, sparsemax or top_k_softmax");
  EXPECT_EQ(allowed("task"),
            "text_classification, recall, majority, copy, reverse, sort, list_ops, multi_query_recall, translation, generation or "
            "language_modeling");
}

TEST(Fields, SayWhenTheyAreRead) {
  const auto when = [](const char* path) { return ReadWhen(TrialFields()[FieldIndex(path)]); };
  EXPECT_EQ(when("training.steps"), "");
  EXPECT_EQ(when("attention.alpha"), "attention.normalizer = entmax or adaptive_scalable_entmax");
  EXPECT_EQ(when("attention.balance.share"), "attention.balance.k > 0");
  EXPECT_EQ(when("attention.balance.weight"), "attention.balance.form != ORACLE_TOP_K or ORACLE_GRAPH or PROJECTION");
  EXPECT_EQ(when("optimizer.alpha_learning_rate"),
            "(attention.normalizer = entmax or adaptive_scalable_entmax and attention.alpha_learned = true) or "
            "(decoder_attention.normalizer = entmax or adaptive_scalable_entmax and decoder_attention.alpha_learned = true) or "
            "(cross_attention.normalizer = entmax or adaptive_scalable_entmax and cross_attention.alpha_learned = true)");
  EXPECT_EQ(when("cross_attention.alpha"),
            "model = sequence_to_sequence and cross_attention.normalizer = entmax or adaptive_scalable_entmax");
  EXPECT_EQ(when("task.recall.keys"), "task = recall");
}

}  // namespace
}  // namespace ablate::spec
