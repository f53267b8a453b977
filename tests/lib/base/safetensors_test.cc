#include "lib/base/safetensors.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ablate {
namespace {

const std::string& SixFloats() {
  static const auto* const kBytes = new std::string("abcdefghijklmnopqrstuvwx");
  return *kBytes;
}

std::string ExampleFile() {
  const std::string_view bytes = SixFloats();
  return SerializeSafetensors({{{"step", "7"}}, {{"b", {2, 2}, bytes.substr(0, 16)}, {"a", {2}, bytes.substr(16)}}});
}

// A file with this header and so many bytes of data.
std::string FileWith(const std::string& header, size_t data_bytes) {
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  return file + header + std::string(data_bytes, 'x');
}

TEST(SafetensorsTest, ReadsWhatItWrote) {
  const std::string file = ExampleFile();
  const auto content = ParseSafetensors(file, "f");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->metadata.at("step"), "7");
  ASSERT_EQ(content->tensors.size(), 2u);
  EXPECT_EQ(content->tensors[0].name, "b");
  EXPECT_EQ(content->tensors[0].shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(content->tensors[0].bytes, SixFloats().substr(0, 16));
  EXPECT_EQ(content->tensors[1].bytes, SixFloats().substr(16));
  EXPECT_EQ((file.size() - SixFloats().size()) % 8, 0u);
}

TEST(SafetensorsTest, KnowsOtherTypes) {
  const auto content = ParseSafetensors(FileWith(R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", 8), "f");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->tensors[0].type, "I64");
  EXPECT_EQ(ParseSafetensors(ExampleFile(), "f")->tensors[0].type, "F32");
}

TEST(SafetensorsTest, SaysWhatIsWrong) {
  const std::string entry = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"short", "5 bytes, at least 8 are needed"},
      {FileWith("{}", 0).substr(0, 9), "a header of 2 bytes in a file of 9"},
      {std::string(8, '\xff') + "{}", "a header of 18446744073709551615 bytes in a file of 10"},
      {FileWith("[1]", 0), "its header is no JSON object"},
      {FileWith("{\"a\":", 0), "its header is no JSON object"},
      {FileWith(std::string(200'000, '['), 0), "its header is no JSON object"},
      {FileWith("{}", 4), "4 bytes of tensors, 0 are described"},
      {FileWith(R"({"a":7})", 8), "tensor \"a\": its entry must have dtype, shape and data_offsets"},
      {FileWith(R"({"a":{"dtype":"F7","shape":[1],"data_offsets":[0,8]}})", 8),
       "dtype is \"F7\", allowed: BF16, BOOL, F16, F32"},
      {FileWith(R"({"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4), "dtype is [\"F32\"], allowed: BF16"},
      {FileWith(R"({"a":{"dtype":"I64","shape":[2],"data_offsets":[0,8]}})", 8), "8 bytes for 2 elements of 8 bytes"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "shape must be at most 16 sizes"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8), "data_offsets must be two counts of bytes"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "bytes 8 to 0 of 8"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}})", 8), "bytes 0 to 16 of 8"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "8 bytes for 3 elements of 4 bytes"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", 8), "larger than the file"},
      {FileWith("{\"a\":{" + entry + "},\"b\":{" + entry + "}}", 8), "tensor \"b\" begins at byte 0, not 8"},
      {FileWith(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8), "tensor \"a\" begins at byte 4, not 0"},
      {FileWith(R"({"__metadata__":[]})", 0), "__metadata__ is no object"},
      {FileWith(R"({"__metadata__":{"a":1}})", 0), "metadata \"a\" is no text"},
  };
  for (const auto& [file, message] : cases) {
    const auto content = ParseSafetensors(file, "dir/f");
    ASSERT_FALSE(content.ok()) << message;
    EXPECT_EQ(content.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(content.status().message().substr(0, 7), "dir/f: ");
    EXPECT_NE(std::string(content.status().message()).find(message), std::string::npos) << content.status();
  }
}

TEST(SafetensorsTest, NoFlippedByteAndNoCutCrashesIt) {
  const std::string file = ExampleFile();
  std::mt19937 random(1);
  for (size_t length = 0; length < file.size(); ++length) EXPECT_FALSE(ParseSafetensors(file.substr(0, length), "f").ok());
  for (int i = 0; i < 20000; ++i) {
    std::string broken = file;
    broken[random() % broken.size()] = static_cast<char>(random());
    const auto content = ParseSafetensors(broken, "f");  // may be well-formed: a name or a number changed
    if (content.ok()) {
      EXPECT_LE(content->tensors.size(), 2u);
    }
  }
}

}  // namespace
}  // namespace ablate
