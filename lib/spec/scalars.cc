#include "lib/spec/scalars.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/base/text.h"
#include "lib/spec/fields.h"

namespace ablate::spec {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::io::Tokenizer;

// Longer words than any name are not worth comparing with all of them.
constexpr size_t kLongestMisspelling = 200;

bool ReadDouble(const Scalar& scalar, double* number) {
  const std::string name = absl::AsciiStrToLower(scalar.text);
  const bool decimal = scalar.type == Tokenizer::TYPE_INTEGER && (scalar.text.size() == 1 || scalar.text[0] != '0');
  if (scalar.type == Tokenizer::TYPE_IDENTIFIER && (name == "inf" || name == "infinity")) {
    *number = std::numeric_limits<double>::infinity();
  } else if (scalar.type == Tokenizer::TYPE_IDENTIFIER && name == "nan") {
    *number = std::nan("");
  } else if (scalar.type == Tokenizer::TYPE_FLOAT || decimal) {
    *number = Tokenizer::ParseFloat(scalar.text);
  } else {
    return false;
  }
  if (scalar.negative) *number = -*number;
  return true;
}

bool ReadWhole(const Scalar& scalar, uint64_t most, uint64_t* number) {
  return scalar.type == Tokenizer::TYPE_INTEGER && !scalar.negative && Tokenizer::ParseInteger(scalar.text, most, number);
}

bool ReadFlag(const Scalar& scalar, bool* flag) {
  uint64_t number = 0;
  if (ReadWhole(scalar, 1, &number)) {
    *flag = number == 1;
    return true;
  }
  if (scalar.type != Tokenizer::TYPE_IDENTIFIER || scalar.negative) return false;
  *flag = scalar.text == "true" || scalar.text == "True" || scalar.text == "t";
  return *flag || scalar.text == "false" || scalar.text == "False" || scalar.text == "f";
}

template <typename T, typename Set, typename Add>
bool Put(Message* message, const FieldDescriptor* field, T value, Set set, Add add) {
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) {
    (reflection->*add)(message, field, std::move(value));
  } else {
    (reflection->*set)(message, field, std::move(value));
  }
  return true;
}

}  // namespace

std::string Scalar::Seen() const {
  if (type != Tokenizer::TYPE_STRING) return (negative ? "-" : "") + Shortened(text);
  return IsUtf8(text) ? Quoted(text) : "a text that is not UTF-8";
}

bool Store(const Scalar& scalar, Message* message, const FieldDescriptor* field) {
  uint64_t whole = 0;
  double number = 0;
  bool flag = false;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ReadDouble(scalar, &number) && Put(message, field, number, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_UINT32:
      return ReadWhole(scalar, UINT32_MAX, &whole) &&
             Put(message, field, static_cast<uint32_t>(whole), &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return ReadWhole(scalar, UINT64_MAX, &whole) &&
             Put(message, field, whole, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ReadFlag(scalar, &flag) && Put(message, field, flag, &Reflection::SetBool, &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_STRING:
      return scalar.type == Tokenizer::TYPE_STRING && IsUtf8(scalar.text) &&
             Put(message, field, scalar.text, &Reflection::SetString, &Reflection::AddString);
    case FieldDescriptor::CPPTYPE_ENUM: {
      if (scalar.type != Tokenizer::TYPE_IDENTIFIER || scalar.negative) return false;
      const EnumValueDescriptor* value = field->enum_type()->FindValueByName(scalar.text);
      return value != nullptr && Put(message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
    }
    default:
      return false;
  }
}

std::string Hint(const Scalar& scalar, const FieldDescriptor* field) {
  const bool is_enum = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (is_text && scalar.type == Tokenizer::TYPE_IDENTIFIER) return "; a text stands in quotes";
  if (!is_enum || scalar.text.size() > kLongestMisspelling) return "";
  if (field->enum_type()->FindValueByName(scalar.text) != nullptr) return ", without quotes";
  return DidYouMean(scalar.text, EnumNames(field->enum_type()));
}

}  // namespace ablate::spec
