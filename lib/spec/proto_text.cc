#include "lib/spec/proto_text.h"

#include <utility>

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "lib/base/text.h"
#include "lib/spec/fields.h"
#include "lib/spec/scalars.h"
#include "proto/trial.pb.h"

namespace ablate::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::io::Tokenizer;

// Fields and values of one file: twice what the largest experiment needs, and little enough for memory.
constexpr int kMostElements = 2'000'000;

// Longer words than any name are not worth comparing with all of them.
constexpr size_t kLongestMisspelling = 200;

std::string NoSuchField(const Descriptor* type, const std::string& name) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type->field_count()));
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  const bool comparable = name.size() <= kLongestMisspelling;
  return fmt::format("{} has no field {}; allowed: {}{}", type->name(), Quoted(name), OneOf(names),
                     comparable ? DidYouMean(name, names) : "");
}

// Members return false after a syntax error, which they have told.
class Reader : private google::protobuf::io::ErrorCollector {
 public:
  Reader(const std::string& text, Problems* problems)
      : stream_(text.data(), static_cast<int>(text.size())), tokenizer_(&stream_, this), problems_(*problems) {
    tokenizer_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokenizer_.set_allow_f_after_float(true);
  }

  bool Read(Message* message, Source* source) { return Next() && ReadFields(message, source, "", "", Place()); }

 private:
  void AddError(int line, int column, const std::string& message) override {
    if (!broken_) problems_.Add({line + 1, column + 1}, Explained(message));
    broken_ = true;
  }

  static std::string Explained(const std::string& message) {
    if (message == "String literals cannot cross line boundaries.") return "a text is not closed before the end of its line";
    if (message == "Unexpected end of string.") return "a text is not closed before the end of the file";
    return "can't be read as proto text: " + message;
  }

  bool Next() {
    tokenizer_.Next();
    return !broken_;
  }

  const Tokenizer::Token& token() { return tokenizer_.current(); }
  bool At(const char* symbol) { return token().type == Tokenizer::TYPE_SYMBOL && token().text == symbol; }
  bool AtEnd() { return token().type == Tokenizer::TYPE_END; }
  Place Here() { return {token().line + 1, static_cast<int>(token().column) + 1}; }
  std::string Seen() {
    if (AtEnd()) return "the end of the file";
    if (token().type != Tokenizer::TYPE_STRING) return "'" + Shortened(token().text) + "'";
    std::string content;
    Tokenizer::ParseStringAppend(token().text, &content);
    return "the text " + Quoted(content);
  }

  bool SyntaxError(const std::string& allowed) {
    problems_.Add(Here(), fmt::format("saw {}; allowed here: {}", Seen(), allowed));
    return false;
  }

  bool Skip(const char* symbol, const std::string& allowed) { return At(symbol) ? Next() : SyntaxError(allowed); }

  bool CountElement() {
    if (problems_.full()) return false;
    if (++elements_ <= kMostElements) return true;
    problems_.Add(Here(), fmt::format("more than {} fields and values; allowed: at most that many in a file", kMostElements));
    return false;
  }

  bool ReadFields(Message* message, Source* source, const std::string& path, const char* closing, const Place& opened) {
    while (*closing == '\0' ? !AtEnd() : !At(closing)) {
      if (AtEnd()) return SyntaxError(fmt::format("'{}' for the one opened at {}:{}", closing, opened.line, opened.column));
      if (!ReadField(message, source, path)) return false;
    }
    return *closing == '\0' || Next();
  }

  bool ReadField(Message* message, Source* source, const std::string& path) {
    if (!CountElement()) return false;
    const Place place = Here();
    if (token().type != Tokenizer::TYPE_IDENTIFIER && !At("[")) return SyntaxError("the name of a field");
    const bool extension = At("[");
    const std::string name = token().text;
    const FieldDescriptor* field = extension ? nullptr : message->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) {
      problems_.Add(place, NoSuchField(message->GetDescriptor(), extension ? "[...]" : name));
      source->has_unknown_field = true;
      return (extension ? SkipBlock() : Next()) && SkipField();
    }
    if (!Next()) return false;
    Source ignored;
    if (Clashes(*message, field, source, place, path)) {
      const std::unique_ptr<Message> unused(message->New());
      return ReadFieldValue(unused.get(), &ignored, field, place, path) && SkipSeparator();
    }
    return ReadFieldValue(message, source, field, place, path) && SkipSeparator();
  }

  bool SkipSeparator() { return At(",") || At(";") ? Next() : true; }

  // A singular field given twice, or beside another member of its oneof.
  bool Clashes(const Message& message, const FieldDescriptor* field, Source* source, const Place& place,
               const std::string& path) {
    if (field->is_repeated()) return false;
    if (const Source::Element* first = source->Find(field->number())) {
      problems_.Add(
          place, fmt::format("{}{} is given twice; first at {}:{}", path, field->name(), first->name.line, first->name.column));
      return true;
    }
    if (field->real_containing_oneof() == nullptr) return false;
    const FieldDescriptor* other = message.GetReflection()->GetOneofFieldDescriptor(message, field->containing_oneof());
    if (other == nullptr) return false;
    problems_.Add(place,
                  fmt::format("{}{} is given beside {}{}; allowed: one of them", path, field->name(), path, other->name()));
    return true;
  }

  bool ReadFieldValue(Message* message, Source* source, const FieldDescriptor* field, const Place& place,
                      const std::string& path) {
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (At(":")) {
      if (!Next()) return false;
    } else if (!At("{") && !At("<") && !(is_message && At("["))) {
      return SyntaxError(is_message ? "':' or '{'" : "':'");
    }
    if (!At("[")) return ReadElement(message, source, field, place, path);
    if (!field->is_repeated()) return Refuse(source, field, Here(), path, "a list") && SkipBlock();
    if (!Next()) return false;
    if (At("]")) return Next();
    while (true) {
      if (!CountElement() || !ReadElement(message, source, field, place, path)) return false;
      if (At("]")) return Next();
      if (!Skip(",", "',' or ']'")) return false;
    }
  }

  bool Refuse(Source* source, const FieldDescriptor* field, const Place& place, const std::string& path,
              const std::string& seen) {
    problems_.Add(place, fmt::format("{}{} is {}; allowed: {}", path, field->name(), seen, Allowed(field)));
    source->bad_fields.insert(field->number());
    return true;
  }

  bool ReadElement(Message* message, Source* source, const FieldDescriptor* field, const Place& name, const std::string& path) {
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const Place place = Here();
    if (At("{") || At("<")) {
      if (is_message) return ReadMessage(message, source, field, name, path);
      return Refuse(source, field, place, path, "a group of fields") && SkipBlock();
    }
    Scalar scalar;
    if (!ReadScalar(&scalar)) return false;
    if (is_message) return Refuse(source, field, place, path, scalar.Seen());
    if (Store(scalar, message, field)) {
      source->fields[field->number()].push_back({name, place, nullptr});
      return true;
    }
    source->bad_fields.insert(field->number());
    problems_.Add(place, fmt::format("{}{} is {}; allowed: {}{}", path, field->name(), scalar.Seen(), Allowed(field),
                                     Hint(scalar, field)));
    return true;
  }

  bool ReadMessage(Message* message, Source* source, const FieldDescriptor* field, const Place& name, const std::string& path) {
    const char* closing = At("{") ? "}" : ">";
    const Place place = Here();
    const Reflection* reflection = message->GetReflection();
    Message* inner = field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
    std::vector<Source::Element>& elements = source->fields[field->number()];
    elements.push_back({name, place, std::make_unique<Source>()});
    // Paths of a trial's fields start at the trial, as in an axis.
    const bool is_trial = field->message_type() == Trial::descriptor();
    return Next() &&
           ReadFields(inner, elements.back().source.get(), is_trial ? "" : path + field->name() + ".", closing, place);
  }

  bool ReadScalar(Scalar* scalar) {
    scalar->place = Here();
    if (At("-")) {
      scalar->negative = true;
      if (!Next()) return false;
      if (token().type == Tokenizer::TYPE_STRING) return SyntaxError("a number");
    }
    scalar->type = token().type;
    if (scalar->type == Tokenizer::TYPE_STRING) {
      while (token().type == Tokenizer::TYPE_STRING) {
        Tokenizer::ParseStringAppend(token().text, &scalar->text);
        if (!Next()) return false;
      }
      return true;
    }
    const bool is_value = scalar->type == Tokenizer::TYPE_IDENTIFIER || scalar->type == Tokenizer::TYPE_INTEGER ||
                          scalar->type == Tokenizer::TYPE_FLOAT;
    if (!is_value) return SyntaxError("a value");
    scalar->text = token().text;
    return Next();
  }

  // What follows an unknown field's name.
  bool SkipField() {
    if (At(":")) {
      if (!Next()) return false;
    } else if (!At("{") && !At("<")) {
      return SyntaxError("':' or '{'");
    }
    Scalar scalar;
    const bool read = At("{") || At("<") || At("[") ? SkipBlock() : ReadScalar(&scalar);
    return read && SkipSeparator();
  }

  // From an opening bracket to after its closing one, however deep.
  bool SkipBlock() {
    std::string closings;
    do {
      if (AtEnd()) return SyntaxError(fmt::format("'{}'", closings.back()));
      if (At("{")) closings += '}';
      if (At("<")) closings += '>';
      if (At("[")) closings += ']';
      if (At("}") || At(">") || At("]")) {
        if (token().text[0] != closings.back()) return SyntaxError(fmt::format("'{}'", closings.back()));
        closings.pop_back();
      }
      if (!Next()) return false;
    } while (!closings.empty());
    return true;
  }

  google::protobuf::io::ArrayInputStream stream_;
  Tokenizer tokenizer_;
  Problems& problems_;
  bool broken_ = false;
  int elements_ = 0;
};

}  // namespace

const Source::Element* Source::Find(int number, int index) const {
  const auto found = fields.find(number);
  if (found == fields.end() || index >= static_cast<int>(found->second.size())) return nullptr;
  return &found->second[index];
}

bool ReadProtoText(const std::string& text, Message* message, Source* source, Problems* problems) {
  return Reader(text, problems).Read(message, source);
}

}  // namespace ablate::spec
