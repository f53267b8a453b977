#include "lib/spec/identity.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/digest.h"

namespace ablate::spec {
namespace {

// Values of a trial read from its message, with the Loading that owns them.
struct TrialValues {
  explicit TrialValues(const Trial& trial) : loading(nullptr) {
    Lay(ReadTrial(trial, nullptr, &loading), &values);
    FindReads(values, &reads);
  }

  Loading loading;
  Values values;
  std::vector<char> reads;
};

bool IsText(const Field& field) {
  return field.choice == nullptr && field.descriptor()->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
}

// A file counts by its content. A path without a digest stands for itself.
std::string CanonicalValue(const Field& field, const Value& value, const Digests& digests) {
  if (!field.facts.data_file()) return value.text;
  const auto found = digests.find(value.text);
  return found == digests.end() ? "path:" + value.text : found->second;
}

// The escapes keep a text from looking like a line of its own.
void AppendLine(const Field& field, const std::string& value, std::string* text) {
  absl::StrAppend(text, field.path, "=", IsText(field) ? absl::Utf8SafeCEscape(value) : value, "\n");
}

}  // namespace

CanonicalText MakeCanonicalText(const Values& values, const std::vector<char>& reads, const Digests& digests) {
  const std::vector<Field>& fields = TrialFields();
  static const int seed = FieldIndex("seed");
  CanonicalText text;
  text.before_seed = absl::StrCat("numerics=", kNumericsVersion, "\n");
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    if (i == seed || fields[i].facts.outside_identity() || !Counts(values, reads, i)) continue;
    AppendLine(fields[i], CanonicalValue(fields[i], *values[i], digests), i < seed ? &text.before_seed : &text.after_seed);
  }
  return text;
}

std::string MakeId(const CanonicalText& text, uint64_t seed) {
  static const auto& seed_field = TrialFields()[FieldIndex("seed")];
  const std::string value = absl::StrCat(seed);
  const std::string line = value == seed_field.default_text ? "" : absl::StrCat("seed=", value, "\n");
  return Sha256(absl::StrCat(text.before_seed, line, text.after_seed)).substr(0, 32);
}

std::vector<Setting> CountedSettings(const Trial& trial, const Digests& digests) {
  const TrialValues own(trial);
  const std::vector<Field>& fields = TrialFields();
  std::vector<Setting> settings;
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    if (fields[i].facts.outside_identity() || !Counts(own.values, own.reads, i)) continue;
    settings.push_back({fields[i].path, CanonicalValue(fields[i], *own.values[i], digests)});
  }
  return settings;
}

std::string UnarrayableText(const Trial& trial) {
  const TrialValues own(trial);
  const std::vector<Field>& fields = TrialFields();
  std::string key;
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    if (!fields[i].facts.arrayable() && Counts(own.values, own.reads, i)) AppendLine(fields[i], own.values[i]->text, &key);
  }
  return key;
}

}  // namespace ablate::spec
