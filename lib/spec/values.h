// The values of a trial's fields while trials are made: canonical text, and where each was set. Trials of a sweep share them,
// so that a combination costs little more than its pointers.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/spec/fields.h"
#include "lib/spec/problems.h"
#include "lib/spec/proto_text.h"
#include "proto/trial.pb.h"

namespace ablate::spec {

// Something in the file that gives a field values: a line of a base, an axis, a --set.
struct Origin {
  Place place;
  int field = 0;
  uint64_t read = 0;    // combinations that have a value of it and read it
  uint64_t unread = 0;  // combinations that have a value of it and don't read it
};

struct Value {
  std::string text;   // canonical: numbers as the shortest decimal, names of enum values; the path of a data file
  double number = 0;  // of numbers, flags (0, 1) and enums; of a text 1 unless it is empty
  Place place;
  Origin* origin = nullptr;
};

// By field; null: not set.
using Values = std::vector<const Value*>;

using Assignment = std::pair<int, const Value*>;

// What one load shares. Deques: addresses stay.
struct Loading {
  explicit Loading(Problems* told) : problems(told), doubtful(TrialFields().size(), false) {}

  const Value* Keep(int field, Value value, const Place& place, Origin* origin);
  Origin* NewOrigin(int field, const Place& place);

  // Says that a field (-1: any field) may have other values than were read, and that the set of trials is not known.
  void Doubt(int field);

  // Says that a value of the field could not be read.
  void DoubtValue(int field);

  // Of a field that may have been meant otherwise: what follows from its value is not told as a mistake of its own.
  bool IsDoubtful(int field) const;

  Problems* problems;
  std::vector<bool> doubtful;  // by field: a value of it could not be read
  bool any_doubtful = false;
  bool unsure = false;  // an axis or a sweep could not be read: which trials there are is not known
  std::deque<Value> values;
  std::deque<Origin> origins;
};

// None where the field's type has no such value. FromText takes what --set may say of any type.
std::optional<Value> FromNumber(const Field& field, double number);
std::optional<Value> FromFlag(const Field& field, bool flag);
std::optional<Value> FromText(const Field& field, const std::string& text);

// Element `index` of a repeated field, or the value of a singular one.
Value FromMessage(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field, int index = 0);

// "attention.alpha is 2.5; allowed: a number, 1 to 2", or "" if the field may have this value.
std::string Complaint(const std::string& path, const google::protobuf::FieldDescriptor* field, const Value& value);

// The fields that a trial sets, sorted, checked one by one. `source` may be null: then nothing is told and no origins are made.
std::vector<Assignment> ReadTrial(const Trial& trial, const Source* source, Loading* loading);

// Another choice unsets the fields below the former one, as in merging messages.
void Lay(const std::vector<Assignment>& assignments, Values* values);

// The value that counts: the inherited one or the default where none is set, the default where the field isn't read.
const Value& Effective(const Values& values, const std::vector<char>& reads, int field);

// Which fields are read, by field.
void FindReads(const Values& values, std::vector<char>* reads);

// Whether a field counts for the id: set, read, and not at what it would be if it weren't set.
bool Counts(const Values& values, const std::vector<char>& reads, int field);

// What counts, seed and what is outside the identity included.
void MakeTrial(const Values& values, const std::vector<char>& reads, Trial* trial);

}  // namespace ablate::spec
