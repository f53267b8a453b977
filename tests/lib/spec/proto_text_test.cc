// Proto text is read as protobuf's TextFormat reads it, wherever that accepts it.
#include "lib/spec/proto_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "lib/spec/problems.h"
#include "proto/experiment.pb.h"

namespace ablate::spec {
namespace {

using google::protobuf::TextFormat;

struct Read {
  bool good = false;
  ablate::Experiment experiment;
  Source source;
  std::string message;
};

Read ReadText(const std::string& text) {
  static const std::string path = "test.textproto";
  static const std::vector<std::string> settings;
  Problems problems(path, settings);
  Read read;
  read.good = ReadProtoText(text, &read.experiment, &read.source, &problems) && problems.empty();
  read.message = std::string(problems.ToStatus().message());
  return read;
}

class Silent : public google::protobuf::io::ErrorCollector {
  void AddError(int, int, const std::string&) override {}
};

bool ReadByTextFormat(const std::string& text, ablate::Experiment* experiment) {
  Silent silent;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  return parser.ParseFromString(text, experiment);
}

// One text with each construct of the format.
constexpr char kText[] = R"(# proto-file: proto/experiment.proto
name: 'single' " and " "double" '\x20\101\n\u00e9'
question: "é"; metric { goal: MINIMIZE, at: BEST }
base < task: { recall { keys: 0x10 values: 010 } } attention { alpha: 1.5f alpha_learned: t top_k: 1 } optimizer {
  learning_rate: 1e-3 weight_decay: -0 beta1: .5 beta2: 1. epsilon: -inf clip_norm: nan } >
sweep { grid { field: "a" number: [1, 2.5, -3e2] number: 4 text: [] } grid: [ { flag: [true, false, True, 0, 1] }, {} ] }
sweep {} seeds { first: 18446744073709551615 } launching { crash_retries: 0 }
)";

TEST(ProtoText, ReadsAllConstructsAsTextFormatDoes) {
  ablate::Experiment expected;
  ASSERT_TRUE(ReadByTextFormat(kText, &expected));
  const Read read = ReadText(kText);
  EXPECT_EQ(read.message, "");
  EXPECT_EQ(read.experiment.DebugString(), expected.DebugString());
}

TEST(ProtoText, KnowsPlaces) {
  const Read read = ReadText("name: \"x\"\nsweep {\n  grid { field: \"a\" number: [1,\n    2, 3] number: 4 }\n}\n");
  const Source::Element* sweep = read.source.Find(ablate::Experiment::kSweepFieldNumber);
  ASSERT_NE(sweep, nullptr);
  EXPECT_EQ(sweep->name.line, 2);
  const Source::Element* grid = sweep->source->Find(Sweep::kGridFieldNumber);
  ASSERT_NE(grid, nullptr);
  const int lines[] = {3, 4, 4, 4}, columns[] = {30, 5, 8, 19};
  for (int i = 0; i < 4; ++i) {
    const Source::Element* value = grid->source->Find(Axis::kNumberFieldNumber, i);
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->value.line, lines[i]) << i;
    EXPECT_EQ(value->value.column, columns[i]) << i;
  }
  EXPECT_EQ(grid->source->Find(Axis::kNumberFieldNumber, 4), nullptr);
}

// Bytes of a good text changed, removed and repeated at random: whatever comes of it, nothing crashes, and what is accepted
// here is accepted by TextFormat with the same meaning. The other way round numbers for enums are refused here, and nothing
// else.
TEST(ProtoText, AgreesWithTextFormatOnDamagedText) {
  std::mt19937 random(1);
  const std::string alphabet = "{}<>[]:;,.-+\"'\\#\n\t 019xeEfn_aT\xc3\xa9";
  int accepted = 0, refused = 0;
  for (int round = 0; round < 8'000; ++round) {
    std::string text = kText;
    for (int edits = 1 + static_cast<int>(random() % 3); edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 8));
      }
    }
    const Read read = ReadText(text);
    ablate::Experiment expected;
    const bool good = ReadByTextFormat(text, &expected);
    (good ? accepted : refused) += 1;
    if (read.good) {
      ASSERT_TRUE(good) << text;
      ASSERT_EQ(read.experiment.DebugString(), expected.DebugString()) << text;
    } else {
      ASSERT_NE(read.message, "") << text;
      const bool enum_by_number = read.message.find("allowed: MAXIMIZE or MINIMIZE") != std::string::npos ||
                                  read.message.find("allowed: LAST or BEST") != std::string::npos;
      const bool bad_bytes = read.message.find("not UTF-8") != std::string::npos;  // TextFormat only logs them
      ASSERT_TRUE(!good || enum_by_number || bad_bytes) << read.message << "\n" << text;
    }
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace ablate::spec
