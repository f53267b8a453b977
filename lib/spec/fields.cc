#include "lib/spec/fields.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/normalizers/catalogue.h"
#include "lib/spec/failure_classes.h"
#include "lib/spec/problems.h"
#include "proto/trial.pb.h"

namespace ablate::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// Longer words than any path are not worth comparing with all of them.
constexpr size_t kLongestMisspelling = 200;

// Fields of a group that a message shows.
constexpr size_t kMostShown = 8;

[[noreturn]] void OwnBug(const std::string& message) {
  fmt::print(stderr, "proto/trial.proto: {}\n", message);
  std::abort();
}

void SetDefault(const FieldDescriptor* descriptor, Field& field) {
  switch (descriptor->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      field.default_number = descriptor->default_value_double();
      field.default_text = ShortestNumber(field.default_number);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      field.default_number = descriptor->default_value_uint32();
      field.default_text = fmt::format("{}", descriptor->default_value_uint32());
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      field.default_number = static_cast<double>(descriptor->default_value_uint64());
      field.default_text = fmt::format("{}", descriptor->default_value_uint64());
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      field.default_number = descriptor->default_value_bool();
      field.default_text = descriptor->default_value_bool() ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      field.default_number = descriptor->default_value_enum()->number();
      field.default_text = descriptor->default_value_enum()->name();
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      field.default_text = descriptor->default_value_string();
      field.default_number = field.default_text.empty() ? 0 : 1;
      break;
    default:
      OwnBug(descriptor->full_name() + " is of a type that lib/spec does not know: use double, uint32, uint64, bool or string");
  }
}

// Where an oneof is called "kind" its choice has the path of the message around it: "task".
std::string ChoicePath(const std::string& parent, const OneofDescriptor* choice) {
  if (choice->name() == "kind") return parent;
  return parent.empty() ? choice->name() : parent + "." + choice->name();
}

// A field before its conditions are resolved to indices: choices around it, each with the member that it lies below.
struct Draft {
  Field field;
  std::vector<std::pair<std::string, std::string>> choices;
  std::vector<std::string> around;  // read_when of the messages that it lies in
  std::string own, inherited;       // paths of the message around it that inherits, and of what that inherits from
};

// A path of a read_when as it is meant for the draft: of an inheriting message the own field.
std::string Meant(const Draft& draft, absl::string_view path) {
  const std::string prefix = draft.inherited + ".";
  if (draft.own.empty() || path.substr(0, prefix.size()) != prefix) return std::string(path);
  return draft.own + "." + std::string(path.substr(prefix.size()));
}

void Collect(const Descriptor* message, const std::string& parent, Draft& around, std::vector<Draft>& drafts) {
  for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
    Draft draft = around;
    draft.field.choice = message->oneof_decl(i);
    draft.field.path = ChoicePath(parent, draft.field.choice);
    draft.field.facts.set_required(true);
    drafts.push_back(draft);
  }
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* descriptor = message->field(i);
    if (descriptor->is_repeated()) OwnBug(descriptor->full_name() + " is repeated: an axis could not name its elements");
    Draft draft = around;
    draft.field.path = parent.empty() ? descriptor->name() : parent + "." + descriptor->name();
    draft.field.steps.push_back(descriptor);
    if (const OneofDescriptor* choice = descriptor->real_containing_oneof()) {
      draft.choices.emplace_back(ChoicePath(parent, choice), descriptor->name());
    }
    if (descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const std::string path = draft.field.path;
      const FieldFacts& of_message = descriptor->options().GetExtension(facts);
      if (of_message.has_read_when()) draft.around.push_back(of_message.read_when());
      if (of_message.has_inherits()) draft.own = path, draft.inherited = of_message.inherits();
      Collect(descriptor->message_type(), path, draft, drafts);
      continue;
    }
    draft.field.facts = descriptor->options().GetExtension(facts);
    SetDefault(descriptor, draft.field);
    drafts.push_back(draft);
  }
}

Condition ParseCondition(absl::string_view term, const std::function<int(absl::string_view)>& find) {
  Condition condition;
  absl::string_view path = term, values;
  if (const size_t equals = term.find('='); equals != absl::string_view::npos) {
    const bool negated = equals > 0 && term[equals - 1] == '!';
    condition.kind = negated ? Condition::Kind::kIsNoneOf : Condition::Kind::kIsOneOf;
    path = term.substr(0, equals - (negated ? 1 : 0));
    values = absl::StripAsciiWhitespace(term.substr(equals + 1));
    condition.values = absl::StrSplit(values, '|', absl::SkipEmpty());
    if (condition.values.empty()) OwnBug(fmt::format("read_when without a value: {}", std::string(term)));
  }
  condition.field = find(absl::StripAsciiWhitespace(path));
  if (condition.field < 0) OwnBug(fmt::format("read_when names an unknown field: {}", std::string(term)));
  return condition;
}

// Lays a read_when upon the field: its terms as conditions, or as alternatives.
void AddReadWhen(absl::string_view read_when, const std::function<int(absl::string_view)>& find, Field& field) {
  if (read_when.empty()) return;
  std::vector<std::vector<Condition>> alternatives;
  for (absl::string_view alternative : absl::StrSplit(read_when, " or ")) {
    std::vector<Condition>& terms = alternatives.emplace_back();
    for (absl::string_view term : absl::StrSplit(alternative, " and ")) terms.push_back(ParseCondition(term, find));
  }
  if (alternatives.size() == 1) {
    field.conditions.insert(field.conditions.end(), alternatives[0].begin(), alternatives[0].end());
    return;
  }
  if (!field.alternatives.empty()) OwnBug(field.path + ": of the read_when of it and around it one may have alternatives");
  field.alternatives = std::move(alternatives);
}

std::vector<Field> MakeFields() {
  std::vector<Draft> drafts;
  Draft root;
  Collect(Trial::descriptor(), "", root, drafts);
  std::sort(drafts.begin(), drafts.end(), [](const Draft& a, const Draft& b) { return a.field.path < b.field.path; });
  const auto find = [&](absl::string_view path) {
    for (size_t i = 0; i < drafts.size(); ++i) {
      if (drafts[i].field.path == path) return static_cast<int>(i);
    }
    return -1;
  };
  std::vector<Field> fields;
  for (Draft& draft : drafts) {
    for (const auto& [choice, member] : draft.choices) {
      draft.field.conditions.push_back({find(choice), Condition::Kind::kIsOneOf, {member}});
    }
    for (const std::string& read_when : draft.around) AddReadWhen(read_when, find, draft.field);
    AddReadWhen(
        draft.field.facts.read_when(), [&](absl::string_view path) { return find(Meant(draft, path)); }, draft.field);
    if (!draft.own.empty()) {
      draft.field.inherits = find(draft.inherited + draft.field.path.substr(draft.own.size()));
      if (draft.field.inherits < 0) OwnBug(draft.own + " inherits from " + draft.inherited + ", which is of another type");
    }
    fields.push_back(draft.field);
  }
  return fields;
}

std::vector<int> SortByDependence(const std::vector<Field>& fields) {
  std::vector<int> order;
  std::vector<int> state(fields.size(), 0);  // 0: not seen, 1: being visited, 2: done
  const std::function<void(int)> visit = [&](int i) {
    if (state[i] == 2) return;
    if (state[i] == 1) OwnBug(fields[i].path + ": its read_when leads back to itself");
    state[i] = 1;
    for (int deciding : DecidingFields(fields[i])) visit(deciding);
    if (fields[i].inherits >= 0) visit(fields[i].inherits);
    state[i] = 2;
    order.push_back(i);
  };
  for (size_t i = 0; i < fields.size(); ++i) visit(static_cast<int>(i));
  return order;
}

std::string LastPart(std::string_view path) { return std::string(path.substr(path.rfind('.') + 1)); }

// "0 to below 1", "above 0, at most 10".
std::string RangeText(const FieldFacts& facts, bool unsigned_number) {
  std::string low, high;
  if (facts.has_at_least()) low = ShortestNumber(facts.at_least());
  if (!facts.has_at_least() && unsigned_number) low = "0";
  if (facts.has_at_most()) high = ShortestNumber(facts.at_most());
  if (facts.has_above()) {
    return fmt::format("above {}{}", ShortestNumber(facts.above()),
                       facts.has_below() ? " and below " + ShortestNumber(facts.below())
                       : high.empty()    ? ""
                                         : ", at most " + high);
  }
  if (facts.has_below()) high = "below " + ShortestNumber(facts.below());
  if (low.empty() && high.empty()) return "";
  if (high.empty()) return fmt::format("at least {}", low);
  if (low.empty()) return facts.has_below() ? high : fmt::format("at most {}", high);
  return fmt::format("{} to {}", low, high);
}

// What "set, true or above 0" means for a field.
std::string SetText(const Field& field) {
  if (field.choice != nullptr || field.descriptor()->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return " is set";
  return field.descriptor()->cpp_type() == FieldDescriptor::CPPTYPE_BOOL ? " = true" : " > 0";
}

std::string TermsText(const std::vector<Condition>& conditions) {
  std::vector<std::string> terms;
  for (const Condition& condition : conditions) {
    const std::string& path = TrialFields()[condition.field].path;
    const std::string values = absl::StrJoin(condition.values, " or ");
    if (condition.kind == Condition::Kind::kIsSet) {
      terms.push_back(path + SetText(TrialFields()[condition.field]));
    } else {
      terms.push_back(fmt::format("{} {} {}", path, condition.kind == Condition::Kind::kIsOneOf ? "=" : "!=", values));
    }
  }
  return absl::StrJoin(terms, " and ");
}

std::string TextAllowed(const FieldFacts& facts) {
  if (facts.has_catalogue()) return OneOf(CatalogueNames(facts.catalogue()));
  if (facts.data_file()) return "the path of a file, relative to the data folder and inside it";
  return "text in quotes";
}

}  // namespace

const std::vector<Field>& TrialFields() {
  static const auto& fields = *new std::vector<Field>(MakeFields());
  return fields;
}

const std::vector<int>& FieldsByDependence() {
  static const auto& order = *new std::vector<int>(SortByDependence(TrialFields()));
  return order;
}

std::vector<int> DecidingFields(const Field& field) {
  std::vector<int> deciding;
  for (const Condition& condition : field.conditions) deciding.push_back(condition.field);
  for (const std::vector<Condition>& alternative : field.alternatives) {
    for (const Condition& condition : alternative) deciding.push_back(condition.field);
  }
  return deciding;
}

int FindField(std::string_view path) {
  const std::vector<Field>& fields = TrialFields();
  const auto found = std::lower_bound(fields.begin(), fields.end(), path,
                                      [](const Field& field, std::string_view wanted) { return field.path < wanted; });
  return found != fields.end() && found->path == path ? static_cast<int>(found - fields.begin()) : -1;
}

int FieldIndex(std::string_view path) {
  const int index = FindField(path);
  if (index < 0) OwnBug(fmt::format("lib/spec relies on the field {}", path));
  return index;
}

std::string NearestField(std::string_view path) {
  if (path.empty() || path.size() > kLongestMisspelling) return "";
  std::vector<std::string> paths, parts;
  for (const Field& field : TrialFields()) {
    if (field.choice != nullptr) continue;
    paths.push_back(field.path);
    parts.push_back(LastPart(field.path));
  }
  std::string nearest = NearestName(path, paths);
  if (!nearest.empty()) return nearest;
  const std::string part = NearestName(LastPart(path), parts);
  if (part.empty()) return "";
  return paths[std::find(parts.begin(), parts.end(), part) - parts.begin()];
}

std::string NoSuchField(std::string_view path) {
  const std::string parent = std::string(path) + ".";
  std::vector<std::string> below;
  for (const Field& field : TrialFields()) {
    if (field.choice == nullptr && field.path.compare(0, parent.size(), parent) == 0) below.push_back(field.path);
  }
  if (below.size() > kMostShown) {
    below.resize(kMostShown);
    below.push_back("...");
  }
  if (!below.empty()) return fmt::format("{} is a group of fields; allowed: one of them: {}", path, absl::StrJoin(below, ", "));
  const std::string nearest = NearestField(path);
  return fmt::format("a trial has no field {}; allowed: a path that `ablate list fields` prints{}", Quoted(path),
                     nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

std::string ReadWhen(const Field& field) {
  std::vector<std::string> parts, alternatives;
  if (!field.conditions.empty()) parts.push_back(TermsText(field.conditions));
  for (const std::vector<Condition>& terms : field.alternatives) alternatives.push_back("(" + TermsText(terms) + ")");
  if (!alternatives.empty()) parts.push_back(absl::StrJoin(alternatives, " or "));
  return absl::StrJoin(parts, " and ");
}

std::string Allowed(const FieldDescriptor* field) {
  const FieldFacts& field_facts = field->options().GetExtension(facts);
  std::string range;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      range = RangeText(field_facts, false);
      return range.empty() ? "a number" : "a number, " + range;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      range = RangeText(field_facts, true);
      return "a whole number, " + range;
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return OneOf(EnumNames(field->enum_type()));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return fmt::format("fields of {} between braces", field->message_type()->name());
    default:
      return TextAllowed(field_facts);
  }
}

std::string Allowed(const Field& field) {
  if (field.choice == nullptr) return Allowed(field.descriptor());
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(field.choice->field_count()));
  for (int i = 0; i < field.choice->field_count(); ++i) names.push_back(field.choice->field(i)->name());
  return OneOf(names);
}

const std::vector<std::string>& CatalogueNames(const std::string& catalogue) {
  static const auto& names = *[] {
    auto* made = new std::map<std::string, std::vector<std::string>>;
    for (const normalizers::Entry& entry : normalizers::Catalogue()) (*made)["normalizers"].push_back(entry.name);
    (*made)["failure_classes"] = FailureClasses();
    return made;
  }();
  const auto found = names.find(catalogue);
  if (found == names.end()) OwnBug("unknown catalogue " + catalogue);
  return found->second;
}

std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) names.push_back(type->value(i)->name());
  }
  return names;
}

std::string OneOf(const std::vector<std::string>& names) {
  if (names.size() < 2) return absl::StrJoin(names, "");
  return absl::StrJoin(names.begin(), names.end() - 1, ", ") + " or " + names.back();
}

}  // namespace ablate::spec
