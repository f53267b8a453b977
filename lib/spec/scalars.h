// A single value of proto text: a number, a name or a text, before and while it becomes a field's value.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/message.h"
#include "lib/spec/problems.h"

namespace ablate::spec {

// A value as written. `text` of a string is its content, of all else its spelling without the sign.
struct Scalar {
  google::protobuf::io::Tokenizer::TokenType type = google::protobuf::io::Tokenizer::TYPE_END;
  bool negative = false;
  std::string text;
  Place place;

  // As a message shows it.
  std::string Seen() const;
};

// Sets the field, or adds to it if it is repeated. False if the value is not of the field's type. Takes what TextFormat takes,
// but for numbers in place of an enum's names.
bool Store(const Scalar& scalar, google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field);

// What may help, beside the values allowed, where Store refused: "; did you mean ...?".
std::string Hint(const Scalar& scalar, const google::protobuf::FieldDescriptor* field);

}  // namespace ablate::spec
