#include "runner/cli/proto_docs.h"

#include <cstdlib>
#include <map>
#include <vector>

#include "google/protobuf/descriptor.pb.h"

namespace ablate::runner {
namespace {

namespace pb = google::protobuf;

// A FileDescriptorSet of trial.proto with source info, made by protoc (see BUILD.bazel).
const unsigned char kTrialProto[] = {
#include "runner/cli/trial_proto.inc"
};

using Comments = std::map<std::string, std::string>;

std::string OneLine(const std::string& comment) {
  std::string line;
  for (const char c : comment) {
    const bool space = c == ' ' || c == '\n';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// Follows a path of SourceCodeInfo: (field number, index) pairs from the file down. "" for what is no named thing.
std::string FullName(const pb::FileDescriptorProto& file, const pb::SourceCodeInfo::Location& location) {
  const pb::Message* message = &file;
  std::string name = file.package();
  for (int i = 0; i + 1 < location.path_size(); i += 2) {
    const pb::FieldDescriptor* field = message->GetDescriptor()->FindFieldByNumber(location.path(i));
    if (field == nullptr || !field->is_repeated() || field->message_type() == nullptr) return "";
    message = &message->GetReflection()->GetRepeatedMessage(*message, field, location.path(i + 1));
    const pb::FieldDescriptor* name_field = message->GetDescriptor()->FindFieldByName("name");
    if (name_field == nullptr) return "";
    name += "." + message->GetReflection()->GetString(*message, name_field);
  }
  return location.path_size() % 2 == 0 ? name : "";
}

Comments ReadComments() {
  pb::FileDescriptorSet files;
  if (!files.ParseFromArray(kTrialProto, sizeof(kTrialProto)) || files.file_size() != 1) std::abort();  // our own bug
  const pb::FileDescriptorProto& file = files.file(0);
  Comments comments;
  for (const pb::SourceCodeInfo::Location& location : file.source_code_info().location()) {
    const std::string comment = OneLine(location.leading_comments() + location.trailing_comments());
    const std::string name = comment.empty() ? "" : FullName(file, location);
    if (!name.empty()) comments[name] = comment;
  }
  return comments;
}

// Sentences end with a full stop before a space and a capital: numbers, "e.g." and file names have none.
std::vector<std::string> Sentences(const std::string& text) {
  std::vector<std::string> sentences;
  size_t begin = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const bool ends = text[i - 1] == '.' && text[i] == ' ' && i + 1 < text.size() && text[i + 1] >= 'A' && text[i + 1] <= 'Z';
    if (!ends) continue;
    sentences.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  sentences.push_back(text.substr(begin));
  return sentences;
}

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

const std::string& ProtoComment(const std::string& full_name) {
  static const Comments& comments = *new Comments(ReadComments());
  static const std::string& none = *new std::string;
  const auto found = comments.find(full_name);
  return found == comments.end() ? none : found->second;
}

std::string WithoutFacts(const std::string& comment) {
  std::string rest;
  for (const std::string& sentence : Sentences(comment)) {
    if (StartsWith(sentence, "Unit:") || StartsWith(sentence, "Range:") || StartsWith(sentence, "Default:")) continue;
    rest += (rest.empty() ? "" : " ") + sentence;
  }
  return rest;
}

std::string UnitOf(const std::string& comment) {
  for (const std::string& sentence : Sentences(comment)) {
    if (!StartsWith(sentence, "Unit: ")) continue;
    return sentence.substr(6, sentence.find_last_not_of('.') - 5);
  }
  return "";
}

}  // namespace ablate::runner
