// The fields of a trial with the facts that proto/trial.proto states about them, read by reflection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "proto/field_facts.pb.h"

namespace ablate::spec {

// One term of a read_when.
struct Condition {
  enum class Kind { kIsOneOf, kIsNoneOf, kIsSet };  // kIsSet: set, true or above 0
  int field = 0;                                    // index in TrialFields()
  Kind kind = Kind::kIsSet;
  std::vector<std::string> values;
};

// A field that holds a value, or a choice: which member of a oneof is set. "task" is one, its values are the names of tasks.
struct Field {
  std::string path;                                             // from the trial's root: "attention.alpha"
  std::vector<const google::protobuf::FieldDescriptor*> steps;  // that path; of a choice the path to the message around it
  const google::protobuf::OneofDescriptor* choice = nullptr;    // null: a field with a value
  FieldFacts facts;
  std::string default_text;           // canonical; "" where there is none
  double default_number = 0;          // of numbers, flags and enums
  std::vector<Condition> conditions;  // the field is read where all hold and the fields that they name are read themselves
  std::vector<std::vector<Condition>> alternatives = {};  // and all of one of these, where there are any
  int inherits = -1;  // place of the field whose value it has where it is not set; -1: none, it has its default

  const google::protobuf::FieldDescriptor* descriptor() const { return choice == nullptr ? steps.back() : nullptr; }
};

// Sorted by path. Built once; aborts on a malformed read_when, which is our own bug.
const std::vector<Field>& TrialFields();

// Indices into TrialFields() such that a field comes after those that its conditions name.
const std::vector<int>& FieldsByDependence();

// The fields that conditions and alternatives name.
std::vector<int> DecidingFields(const Field& field);

// Index in TrialFields(), or -1.
int FindField(std::string_view path);

// As FindField for a path that must exist.
int FieldIndex(std::string_view path);

// The path that is meant by a misspelt one, or by its last part alone; "" if none is near.
std::string NearestField(std::string_view path);

// What to say of a path that no field with a value has.
std::string NoSuchField(std::string_view path);

// "attention.normalizer = entmax and attention.alpha_learned"; alternatives in parentheses; "" for a field that is always read.
std::string ReadWhen(const Field& field);

// What a value of the field may be: "a whole number, 2 to 1024", "NONE or TOP_K_PER_QUERY", "true or false", a catalogue's
// names.
std::string Allowed(const google::protobuf::FieldDescriptor* field);
std::string Allowed(const Field& field);

// Names of a catalogue: "normalizers".
const std::vector<std::string>& CatalogueNames(const std::string& catalogue);

// Names that may be written for an enum: all but the UNSPECIFIED one.
std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor* type);

// "a, b or c".
std::string OneOf(const std::vector<std::string>& names);

}  // namespace ablate::spec
