// What holds for every experiment, tried on random ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "google/protobuf/text_format.h"
#include "lib/spec/fields.h"
#include "tests/lib/spec/experiments.h"

namespace ablate::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int Below(int n) { return static_cast<int>(engine_() % static_cast<uint32_t>(n)); }
  template <typename T>
  void Shuffle(std::vector<T>* items) {
    for (size_t i = items->size(); i > 1; --i)
      std::swap((*items)[i - 1], (*items)[static_cast<size_t>(Below(static_cast<int>(i)))]);
  }

 private:
  std::mt19937 engine_;
};

// Values that every trial can have whatever its other fields are, four for each field.
struct FreeField {
  const char* path;
  std::vector<std::string> values;
};

const std::vector<FreeField>& FreeFields() {
  static const auto& fields = *new std::vector<FreeField>{
      {"training.steps", {"10", "20", "30", "40"}},
      {"training.batch_size", {"4", "8", "16", "64"}},
      {"optimizer.learning_rate", {"1e-2", "1e-3", "1e-4", "1e-5"}},
      {"optimizer.beta1", {"0.5", "0.6", "0.7", "0.8"}},
      {"optimizer.weight_decay", {"0", "0.1", "0.2", "0.3"}},
      {"model.encoder.layers", {"1", "3", "4", "5"}},
      {"model.encoder.feed_forward", {"16", "32", "64", "256"}},
      {"task.recall.train_examples", {"100", "200", "300", "400"}},
  };
  return fields;
}

std::string Axis(const FreeField& field, size_t length) {
  std::string values;
  for (size_t i = 0; i < length; ++i) values += (i == 0 ? "" : ", ") + field.values[i];
  return fmt::format("{{ field: \"{}\" number: [{}] }}\n", field.path, values);
}

// Count of trials = product of the axes, and no id twice: grids, zips, cases and seeds over fields that are always read.
TEST(Properties, CountIsTheProductAndNoIdIsTwice) {
  for (uint32_t round = 0; round < 200; ++round) {
    Random random(round);
    std::vector<FreeField> fields = FreeFields();
    random.Shuffle(&fields);
    size_t next = 0, count = 1;
    std::string sweep;
    for (int i = random.Below(3); i > 0; --i) {
      const size_t length = static_cast<size_t>(1 + random.Below(4));
      sweep += "grid " + Axis(fields[next++], length);
      count *= length;
    }
    if (const int zipped = random.Below(3); zipped > 0) {
      const size_t length = static_cast<size_t>(1 + random.Below(4));
      for (int i = 0; i < zipped; ++i) sweep += "zip " + Axis(fields[next++], length);
      count *= length;
    }
    if (random.Below(2) == 1) {
      const size_t length = static_cast<size_t>(1 + random.Below(4));
      sweep += "case { name: \"plain\" } case { name: \"own\" grid " + Axis(fields[next++], length) + " }\n";
      count *= 1 + length;
    }
    const int seeds = 1 + random.Below(4);
    const Plan plan = PlanOf(ExperimentText("", fmt::format("sweep {{ {} }} seeds {{ count: {} }}", sweep, seeds)));
    ASSERT_EQ(plan.trials.size(), count * static_cast<size_t>(seeds)) << sweep;
    ASSERT_EQ(plan.arms.size(), count) << sweep;
    const std::vector<std::string> ids = Ids(plan);
    ASSERT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size()) << sweep;
    ASSERT_EQ(std::set<std::string>(plan.arms.begin(), plan.arms.end()).size(), plan.arms.size()) << sweep;
    ASSERT_TRUE(plan.remarks.empty()) << plan.remarks[0];
  }
}

// One number in several spellings that all mean the same double.
std::string Spelled(double number, Random* random) {
  switch (random->Below(4)) {
    case 0:
      return fmt::format("{}", number);
    case 1:
      return fmt::format("{:.17e}", number);
    case 2:
      return fmt::format("{:.20f}", number).find_first_not_of("0.") == std::string::npos ? fmt::format("{}", number)
             : number > 1e-3                                                             ? fmt::format("{:.25f}", number)
                                                                                         : fmt::format("{:.16E}", number);
    default:
      return fmt::format("{:#}", number);
  }
}

// A message as text with its fields in random order, numbers in random spellings, comments between.
std::string Shuffled(const Message& message, Random* random) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  random->Shuffle(&fields);
  std::string text;
  for (const FieldDescriptor* field : fields) {
    if (random->Below(5) == 0) text += "# a comment { with a brace\n";
    text += field->name();
    if (field->message_type() != nullptr) {
      const bool angles = random->Below(3) == 0;
      const std::string inner = Shuffled(message.GetReflection()->GetMessage(message, field), random);
      text += (angles ? ": < " : " { ") + inner + (angles ? " > " : " } ");
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      text +=
          ": " + Spelled(message.GetReflection()->GetDouble(message, field), random) + (random->Below(2) == 0 ? "\n" : "; ");
    } else {
      std::string value;
      google::protobuf::TextFormat::PrintFieldValueToString(message, field, -1, &value);
      text += ": " + value + (random->Below(2) == 0 ? ", " : " ");
    }
  }
  return text;
}

Trial RandomTrial(Random* random) {
  Trial trial;
  trial.mutable_task()->mutable_recall()->set_values(static_cast<uint32_t>(2 + random->Below(9)));
  trial.mutable_model()->mutable_encoder()->set_dropout(random->Below(100) / 128.0);
  const char* names[] = {"softmax", "entmax", "sparsemax", "top_k_softmax"};
  const std::string name = names[random->Below(4)];
  trial.mutable_attention()->set_normalizer(name);
  if (name == "entmax") trial.mutable_attention()->set_alpha(1 + random->Below(1000) / 1000.0);
  if (name == "top_k_softmax") trial.mutable_attention()->set_top_k(static_cast<uint32_t>(1 + random->Below(8)));
  if (random->Below(2) == 0) {
    trial.mutable_attention()->mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
    trial.mutable_attention()->mutable_sparsity()->set_level(random->Below(1000) / 1000.0);
  }
  trial.mutable_optimizer()->set_learning_rate((1 + random->Below(1000)) * 1e-5);
  trial.mutable_optimizer()->set_schedule(random->Below(2) == 0 ? Optimizer::COSINE : Optimizer::LINEAR);
  if (random->Below(2) == 0) trial.mutable_training()->set_steps(static_cast<uint32_t>(1 + random->Below(2000)));
  return trial;
}

TEST(Properties, IdsDoNotDependOnOrderSpellingAndComments) {
  std::set<std::string> ids;
  for (uint32_t round = 0; round < 300; ++round) {
    Random random(round);
    const Trial trial = RandomTrial(&random);
    const std::string id = IdOf(trial.ShortDebugString());
    ids.insert(id);
    for (int i = 0; i < 3; ++i) {
      const std::string text = Shuffled(trial, &random);
      ASSERT_EQ(IdOf(text + "\n"), id) << text;
    }
  }
  EXPECT_GT(ids.size(), 290u) << "different trials have different ids";
}

// A planned trial as the base of another experiment is the same trial: with the same id and the same settings.
TEST(Properties, APlannedTrialPlansToItself) {
  for (uint32_t round = 0; round < 200; ++round) {
    Random random(round);
    const Plan plan = PlanOf("name: \"x\" base { " + RandomTrial(&random).ShortDebugString() + " }");
    Trial trial = plan.trials[0].trial();
    trial.clear_seed();
    const Plan again = PlanOf("name: \"x\" base { " + trial.ShortDebugString() + " }");
    ASSERT_EQ(again.trials[0].id, plan.trials[0].id);
    ASSERT_EQ(again.trials[0].packed, plan.trials[0].packed);
  }
}

// Two trials that differ in exactly one field that counts differ in their ids, whichever field it is.
TEST(Properties, EachFieldThatCountsChangesTheId) {
  const std::string id = IdOf(kTaskAndModel);
  for (const FreeField& field : FreeFields()) {
    const Plan plan = PlanOf(ExperimentText("", "sweep { grid " + Axis(field, 4) + " }"));
    const std::vector<std::string> ids = Ids(plan);
    std::set<std::string> different(ids.begin(), ids.end());
    different.insert(id);
    EXPECT_EQ(different.size(), 5u) << field.path;
  }
}

}  // namespace
}  // namespace ablate::spec
