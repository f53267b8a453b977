// Every field of the protos is documented, and what the comment says of range and default is what the facts say.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "lib/base/text.h"
#include "proto/field_facts.pb.h"

namespace ablate {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

class Protos {
 public:
  Protos() {
    std::ifstream stream("tests/proto/descriptors.pb", std::ios::binary);
    google::protobuf::FileDescriptorSet files;
    files.ParseFromIstream(&stream);
    for (const auto& file : files.file()) {
      const FileDescriptor* built = pool_.BuildFile(file);
      if (built != nullptr && absl::StartsWith(file.name(), "proto/")) files_.push_back(built);
    }
  }

  const std::vector<const FileDescriptor*>& files() const { return files_; }

 private:
  DescriptorPool pool_;
  std::vector<const FileDescriptor*> files_;
};

const Protos& All() {
  static const auto& protos = *new Protos;
  return protos;
}

template <typename D>
std::string CommentOf(const D* descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor->GetSourceLocation(&location)) return "";
  // A comment may be broken anywhere.
  return absl::StrReplaceAll(location.leading_comments + location.trailing_comments, {{"\n ", " "}, {"\n", " "}});
}

void ForEachMessage(const std::function<void(const Descriptor*)>& visit) {
  const std::function<void(const Descriptor*)> down = [&](const Descriptor* message) {
    visit(message);
    for (int i = 0; i < message->nested_type_count(); ++i) down(message->nested_type(i));
  };
  for (const FileDescriptor* file : All().files()) {
    for (int i = 0; i < file->message_type_count(); ++i) down(file->message_type(i));
  }
}

void ForEachField(const std::function<void(const FieldDescriptor*)>& visit) {
  ForEachMessage([&](const Descriptor* message) {
    for (int i = 0; i < message->field_count(); ++i) visit(message->field(i));
  });
}

// Fields that a person writes.
bool IsWritten(const FieldDescriptor* field) {
  const std::string& file = field->file()->name();
  return file == "proto/trial.proto" || file == "proto/experiment.proto" || file == "proto/devices.proto";
}

bool IsWhole(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32 || field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
}

bool IsNumber(const FieldDescriptor* field) { return IsWhole(field) || field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE; }

FieldFacts FactsOf(const FieldDescriptor* field) { return field->options().GetExtension(facts); }

// How a comment writes the range that the facts state.
std::string RangeOf(const FieldDescriptor* field) {
  const FieldFacts facts = FactsOf(field);
  const bool has_low = facts.has_at_least() || facts.has_above(), has_high = facts.has_at_most() || facts.has_below();
  if (!has_low && !has_high) return "any";
  if (IsWhole(field)) {
    if (!has_high) return fmt::format("at least {:.0f}", facts.at_least());
    return fmt::format("{:.0f} to {:.0f}", facts.at_least(), facts.at_most());
  }
  return fmt::format("{}{}, {}{}", facts.has_above() ? "(" : "[",
                     ShortestNumber(facts.has_above() ? facts.above() : facts.at_least()),
                     ShortestNumber(facts.has_below() ? facts.below() : facts.at_most()), facts.has_below() ? ")" : "]");
}

std::string DefaultOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return fmt::format("{}", field->default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return fmt::format("{}", field->default_value_uint64());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ShortestNumber(field->default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return field->default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return field->default_value_enum()->name();
    default:
      return fmt::format("\"{}\"", field->default_value_string());
  }
}

// Numbers are compared as numbers: 1e-8 and 1e-08 are one.
std::string Canonical(const FieldDescriptor* field, const std::string& stated) {
  double number = 0;
  return IsNumber(field) && absl::SimpleAtod(stated, &number) ? ShortestNumber(number) : stated;
}

// What stands behind "Default: " up to the end of the sentence.
std::string StatedDefault(const std::string& comment) {
  static const std::regex stated("Default: (\"[^\"]*\"|[^ ,;]*[^ ,;.])");
  std::smatch match;
  return std::regex_search(comment, match, stated) ? match[1].str() : "";
}

TEST(Documentation, IsReadAtAll) {
  ASSERT_EQ(All().files().size(), 8u);
  int fields = 0;
  ForEachField([&](const FieldDescriptor*) { ++fields; });
  EXPECT_GT(fields, 120);
}

TEST(Documentation, EveryMessageFieldAndEnumValueHasAComment) {
  const auto check_enum = [](const EnumDescriptor* type) {
    for (int i = 0; i < type->value_count(); ++i) {
      if (type->value(i)->number() == 0) continue;  // UNSPECIFIED: never allowed
      EXPECT_NE(CommentOf(type->value(i)), "") << type->value(i)->full_name() << " has no comment";
    }
  };
  ForEachMessage([&](const Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i) check_enum(message->enum_type(i));
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_NE(CommentOf(message->field(i)), "") << message->field(i)->full_name() << " has no comment";
    }
  });
}

// The name UNSPECIFIED is what the loader refuses, so each enum's zero must have it.
TEST(Documentation, EnumsStartWithAnUnspecifiedValue) {
  ForEachMessage([](const Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i) {
      EXPECT_TRUE(absl::EndsWith(message->enum_type(i)->value(0)->name(), "_UNSPECIFIED"))
          << message->enum_type(i)->full_name();
      EXPECT_EQ(message->enum_type(i)->value(0)->number(), 0) << message->enum_type(i)->full_name();
    }
  });
}

TEST(Documentation, WrittenFieldsSayTheirDefaultOrThatTheyAreRequired) {
  ForEachField([](const FieldDescriptor* field) {
    if (!IsWritten(field) || field->is_repeated() || field->real_containing_oneof() != nullptr) return;
    const std::string comment = CommentOf(field);
    const bool required = absl::StrContains(comment, "Required") || absl::StrContains(comment, "required");
    EXPECT_TRUE(required || absl::StrContains(comment, "Default: "))
        << field->full_name() << " says neither Default: nor Required";
    EXPECT_TRUE(required || !FactsOf(field).required()) << field->full_name() << " is required and does not say so";
    if (required || field->message_type() != nullptr || !field->has_default_value()) return;
    EXPECT_EQ(Canonical(field, StatedDefault(comment)), DefaultOf(field))
        << field->full_name() << " states another default than it has";
  });
}

// A default that the proto doesn't state would silently be 0, "" or an UNSPECIFIED value.
TEST(Documentation, DefaultsAreStatedInTheProtoToo) {
  ForEachField([](const FieldDescriptor* field) {
    if (!IsWritten(field) || field->is_repeated() || field->message_type() != nullptr) return;
    const std::string comment = CommentOf(field);
    if (!absl::StrContains(comment, "Default: ") || absl::StrContains(comment, "Default: none")) return;
    EXPECT_TRUE(field->has_default_value() || StatedDefault(comment) == DefaultOf(field)) << field->full_name();
  });
}

TEST(Documentation, NumbersSayTheRangeOfTheirFacts) {
  ForEachField([](const FieldDescriptor* field) {
    if (!IsWritten(field) || field->is_repeated() || !IsNumber(field)) return;
    const std::string comment = CommentOf(field), range = "Range: " + RangeOf(field);
    EXPECT_TRUE(absl::StrContains(comment, range)) << field->full_name() << " does not say \"" << range << "\": " << comment;
  });
}

TEST(Documentation, DefaultsLieInTheirRanges) {
  ForEachField([](const FieldDescriptor* field) {
    if (!IsNumber(field) || !field->has_default_value()) return;
    const FieldFacts facts = FactsOf(field);
    const double value = field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ? field->default_value_double()
                         : field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                             ? field->default_value_uint32()
                             : static_cast<double>(field->default_value_uint64());
    EXPECT_TRUE(!facts.has_at_least() || value >= facts.at_least()) << field->full_name();
    EXPECT_TRUE(!facts.has_at_most() || value <= facts.at_most()) << field->full_name();
    EXPECT_TRUE(!facts.has_above() || value > facts.above()) << field->full_name();
    EXPECT_TRUE(!facts.has_below() || value < facts.below()) << field->full_name();
  });
}

}  // namespace
}  // namespace ablate
