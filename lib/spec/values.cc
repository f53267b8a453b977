#include "lib/spec/values.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "google/protobuf/message.h"
#include "lib/base/text.h"

namespace ablate::spec {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLongestText = 4096;

// The largest whole number that a double holds with all smaller ones.
constexpr double kMostExactWhole = 9007199254740992.0;

Value Whole(uint64_t number) { return {fmt::format("{}", number), static_cast<double>(number), {}, nullptr}; }
Value Flag(bool flag) { return {flag ? "true" : "false", flag ? 1.0 : 0.0, {}, nullptr}; }
Value Name(const EnumValueDescriptor* name) { return {name->name(), static_cast<double>(name->number()), {}, nullptr}; }

Value Text(const std::string& text) { return {text, text.empty() ? 0.0 : 1.0, {}, nullptr}; }

// Adding 0 makes a negative zero positive: they are one setting.
Value Number(double number) { return {ShortestNumber(number + 0.0), number + 0.0, {}, nullptr}; }

bool InRange(const FieldFacts& facts, double number) {
  return std::isfinite(number) && !(facts.has_at_least() && number < facts.at_least()) &&
         !(facts.has_at_most() && number > facts.at_most()) && !(facts.has_above() && number <= facts.above()) &&
         !(facts.has_below() && number >= facts.below());
}

bool StaysInFolder(const std::string& path) {
  const bool printable = std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20; });
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  return !path.empty() && path[0] != '/' && printable && std::find(parts.begin(), parts.end(), "..") == parts.end();
}

std::string TextComplaint(const std::string& path, const FieldDescriptor* field, const std::string& text) {
  const FieldFacts& field_facts = field->options().GetExtension(facts);
  if (text.size() > kLongestText) {
    return fmt::format("{} is a text of {} bytes; allowed: at most {}", path, text.size(), kLongestText);
  }
  std::string nearest;
  bool good = true;
  if (field_facts.has_catalogue()) {
    const std::vector<std::string>& names = CatalogueNames(field_facts.catalogue());
    good = std::find(names.begin(), names.end(), text) != names.end();
    if (!good && text.size() < 200) nearest = DidYouMean(text, names);
  } else if (field_facts.data_file()) {
    good = StaysInFolder(text);
  }
  return good ? "" : fmt::format("{} is {}; allowed: {}{}", path, Quoted(text), Allowed(field), nearest);
}

std::string SeedComplaint(const Value& value) {
  return fmt::format("seed is {}; allowed here: none, seeds are the experiment's: seeds {{ first: 1 count: 3 }}", value.text);
}

// The message that holds the field, or null if it isn't there.
const Message* Holder(const Trial& trial, const Field& field) {
  const Message* message = &trial;
  const size_t depth = field.choice == nullptr ? field.steps.size() - 1 : field.steps.size();
  for (size_t i = 0; i < depth; ++i) {
    const Reflection* reflection = message->GetReflection();
    if (!reflection->HasField(*message, field.steps[i])) return nullptr;
    message = &reflection->GetMessage(*message, field.steps[i]);
  }
  return message;
}

// The descriptor that is set in `holder`: of a choice its member. Null if none.
const FieldDescriptor* SetIn(const Message& holder, const Field& field) {
  if (field.choice != nullptr) return holder.GetReflection()->GetOneofFieldDescriptor(holder, field.choice);
  return holder.GetReflection()->HasField(holder, field.steps.back()) ? field.steps.back() : nullptr;
}

// Follows a field's path through what was written as far as it goes. Marks the field as doubtful where part of it could not be
// read. Returns the innermost message's source if the path was written down to there, else null.
const Source* Follow(const Source* source, const Field& field, int index, Loading* loading) {
  const size_t depth = field.choice == nullptr ? field.steps.size() - 1 : field.steps.size();
  for (size_t i = 0; source != nullptr; ++i) {
    bool bad = source->has_unknown_field;
    if (i < field.steps.size()) bad = bad || source->bad_fields.count(field.steps[i]->number()) > 0;
    for (int member = 0; i == depth && field.choice != nullptr && member < field.choice->field_count(); ++member) {
      bad = bad || source->bad_fields.count(field.choice->field(member)->number()) > 0;
    }
    if (bad) loading->DoubtValue(index);
    if (i == depth) return source;
    const Source::Element* element = source->Find(field.steps[i]->number());
    source = element == nullptr ? nullptr : element->source.get();
  }
  return nullptr;
}

bool Holds(const Condition& condition, const Value& value) {
  if (condition.kind == Condition::Kind::kIsSet) return value.number > 0;
  const bool listed = std::find(condition.values.begin(), condition.values.end(), value.text) != condition.values.end();
  return listed == (condition.kind == Condition::Kind::kIsOneOf);
}

const Values& Defaults() {
  static const auto& defaults = *[] {
    auto* made = new Values;
    for (const Field& field : TrialFields()) made->push_back(new Value{field.default_text, field.default_number, {}, nullptr});
    return made;
  }();
  return defaults;
}

void SetField(const Value& value, const FieldDescriptor* field, Message* message) {
  const Reflection* reflection = message->GetReflection();
  uint64_t whole = 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->SetDouble(message, field, value.number);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(message, field, static_cast<uint32_t>(value.number));
    case FieldDescriptor::CPPTYPE_UINT64:
      if (absl::SimpleAtoi(value.text, &whole)) reflection->SetUInt64(message, field, whole);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(message, field, value.number != 0);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field, static_cast<int>(value.number));
    default:
      return reflection->SetString(message, field, value.text);
  }
}

}  // namespace

const Value* Loading::Keep(int field, Value value, const Place& place, Origin* origin) {
  value.place = place;
  value.origin = origin != nullptr ? origin : NewOrigin(field, place);
  values.push_back(std::move(value));
  return &values.back();
}

Origin* Loading::NewOrigin(int field, const Place& place) {
  origins.push_back({place, field, 0, 0});
  return &origins.back();
}

void Loading::Doubt(int field) {
  unsure = true;
  any_doubtful = true;
  if (field >= 0) {
    doubtful[field] = true;
  } else {
    doubtful.assign(doubtful.size(), true);
  }
}

void Loading::DoubtValue(int field) {
  any_doubtful = true;
  doubtful[field] = true;
}

bool Loading::IsDoubtful(int field) const {
  if (!any_doubtful || doubtful[field]) return any_doubtful;
  const std::vector<int> deciding = DecidingFields(TrialFields()[field]);
  const int inherits = TrialFields()[field].inherits;
  return (inherits >= 0 && IsDoubtful(inherits)) ||
         std::any_of(deciding.begin(), deciding.end(), [&](int on) { return IsDoubtful(on); });
}

std::optional<Value> FromNumber(const Field& field, double number) {
  if (field.choice != nullptr) return std::nullopt;
  const auto type = field.descriptor()->cpp_type();
  if (type == FieldDescriptor::CPPTYPE_DOUBLE) return Number(number);
  if (type != FieldDescriptor::CPPTYPE_UINT32 && type != FieldDescriptor::CPPTYPE_UINT64) return std::nullopt;
  const double most = type == FieldDescriptor::CPPTYPE_UINT32 ? UINT32_MAX : kMostExactWhole;
  if (!(number >= 0 && number <= most) || number != std::floor(number)) return std::nullopt;
  return Whole(static_cast<uint64_t>(number));
}

std::optional<Value> FromFlag(const Field& field, bool flag) {
  if (field.choice != nullptr || field.descriptor()->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return std::nullopt;
  return Flag(flag);
}

std::optional<Value> FromText(const Field& field, const std::string& text) {
  if (field.choice != nullptr) return std::nullopt;
  uint64_t whole = 0;
  double number = 0;
  switch (field.descriptor()->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Text(text);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* name = field.descriptor()->enum_type()->FindValueByName(text);
      return name == nullptr ? std::nullopt : std::optional<Value>(Name(name));
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return text == "true" || text == "false" ? std::optional<Value>(Flag(text == "true")) : std::nullopt;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::SimpleAtod(text, &number) ? std::optional<Value>(Number(number)) : std::nullopt;
    default:
      if (!absl::SimpleAtoi(text, &whole)) return std::nullopt;
      if (field.descriptor()->cpp_type() == FieldDescriptor::CPPTYPE_UINT32 && whole > UINT32_MAX) return std::nullopt;
      return Whole(whole);
  }
}

Value FromMessage(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Number(repeated ? reflection->GetRepeatedDouble(message, field, index) : reflection->GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Whole(reflection->GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Whole(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Flag(repeated ? reflection->GetRepeatedBool(message, field, index) : reflection->GetBool(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Name(reflection->GetEnum(message, field));
    default:
      return Text(repeated ? reflection->GetRepeatedString(message, field, index) : reflection->GetString(message, field));
  }
}

std::string Complaint(const std::string& path, const FieldDescriptor* field, const Value& value) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return TextComplaint(path, field, value.text);
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_ENUM:
      if (value.number != 0) return "";
      break;
    default:
      if (InRange(field->options().GetExtension(facts), value.number)) return "";
  }
  return fmt::format("{} is {}; allowed: {}", path, value.text, Allowed(field));
}

std::vector<Assignment> ReadTrial(const Trial& trial, const Source* source, Loading* loading) {
  std::vector<Assignment> assignments;
  const std::vector<Field>& fields = TrialFields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const int index = static_cast<int>(i);
    const Source* innermost = Follow(source, field, index, loading);
    const Message* holder = Holder(trial, field);
    const FieldDescriptor* set = holder == nullptr ? nullptr : SetIn(*holder, field);
    if (set == nullptr) continue;
    Value value = field.choice != nullptr ? Text(set->name()) : FromMessage(*holder, set);
    const Source::Element* element = innermost == nullptr ? nullptr : innermost->Find(set->number());
    const Place place = element == nullptr ? Place() : field.choice != nullptr ? element->name : element->value;
    if (source != nullptr && field.choice == nullptr) {
      const std::string complaint = field.path == "seed" ? SeedComplaint(value) : Complaint(field.path, set, value);
      if (!complaint.empty()) {
        loading->problems->Add(place, complaint);
        loading->DoubtValue(index);
      }
    }
    assignments.emplace_back(index, loading->Keep(index, std::move(value), place, nullptr));
  }
  return assignments;
}

void Lay(const std::vector<Assignment>& assignments, Values* values) {
  const std::vector<Field>& fields = TrialFields();
  values->resize(fields.size(), nullptr);
  for (const auto& [field, value] : assignments) {
    const Value* former = (*values)[field];
    if (fields[field].choice != nullptr && former != nullptr && former->text != value->text) {
      const std::string below = fields[field].path + ".";
      for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].path.compare(0, below.size(), below) == 0) (*values)[i] = nullptr;
      }
    }
    (*values)[field] = value;
  }
}

const Value& Effective(const Values& values, const std::vector<char>& reads, int field) {
  const int inherits = TrialFields()[field].inherits;
  if (!reads[field]) return *Defaults()[field];
  if (values[field] != nullptr) return *values[field];
  return inherits < 0 ? *Defaults()[field] : Effective(values, reads, inherits);
}

void FindReads(const Values& values, std::vector<char>* reads) {
  const std::vector<Field>& fields = TrialFields();
  reads->assign(fields.size(), 1);
  const auto all_hold = [&](const std::vector<Condition>& terms) {
    return std::all_of(terms.begin(), terms.end(), [&](const Condition& condition) {
      return reads->at(condition.field) && Holds(condition, Effective(values, *reads, condition.field));
    });
  };
  for (int field : FieldsByDependence()) {
    const auto& alternatives = fields[field].alternatives;
    const bool one_holds = alternatives.empty() || std::any_of(alternatives.begin(), alternatives.end(), all_hold);
    (*reads)[field] = all_hold(fields[field].conditions) && one_holds;
  }
}

bool Counts(const Values& values, const std::vector<char>& reads, int field) {
  if (values[field] == nullptr || !reads[field]) return false;
  const int inherits = TrialFields()[field].inherits;
  return values[field]->text != (inherits < 0 ? TrialFields()[field].default_text : Effective(values, reads, inherits).text);
}

void MakeTrial(const Values& values, const std::vector<char>& reads, Trial* trial) {
  trial->Clear();
  const std::vector<Field>& fields = TrialFields();
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!Counts(values, reads, static_cast<int>(i))) continue;
    Message* message = trial;
    const size_t depth = fields[i].choice == nullptr ? fields[i].steps.size() - 1 : fields[i].steps.size();
    for (size_t step = 0; step < depth; ++step) {
      message = message->GetReflection()->MutableMessage(message, fields[i].steps[step]);
    }
    if (fields[i].choice == nullptr) {
      SetField(*values[i], fields[i].steps.back(), message);
      continue;
    }
    const FieldDescriptor* member = message->GetDescriptor()->FindFieldByName(values[i]->text);
    message->GetReflection()->MutableMessage(message, member);
  }
}

}  // namespace ablate::spec
