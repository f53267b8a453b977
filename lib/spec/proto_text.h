// Reads proto text into a message, with the place of each field and value, and tells all mistakes at once. protobuf's own
// TextFormat stops at the first mistake and keeps no places for the values of a list.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "lib/spec/problems.h"

namespace ablate::spec {

// Where the fields of one message were written.
struct Source {
  struct Element {
    Place name;                      // of the field's name
    Place value;                     // of the value; of a message its brace
    std::unique_ptr<Source> source;  // of a message
  };
  std::map<int, std::vector<Element>> fields;  // by field number; the elements of a repeated field in the message's order
  std::set<int> bad_fields;                    // field numbers with a value that could not be read: it is left out
  bool has_unknown_field = false;

  // Null if the field was not written.
  const Element* Find(int number, int index = 0) const;
};

// Fills `message`; mistakes go to `problems`. False after a syntax error: what follows it was not read. Differs from TextFormat
// in refusing numbers for enums, extensions and Any; else what TextFormat reads gives the same message here.
bool ReadProtoText(const std::string& text, google::protobuf::Message* message, Source* source, Problems* problems);

}  // namespace ablate::spec
