#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <limits>
#include <string>

#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/text.h"

namespace ablate {
namespace {

std::string TemporaryPath(const std::string& name) { return testing::TempDir() + "/" + name; }

void WriteGzip(const std::string& path, const std::string& content) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), content.size());
  gzclose(file);
}

TEST(IsBelow, ResolvesWhatLeadsOut) {
  EXPECT_TRUE(IsBelow("/a/b/c", "/a/b"));
  EXPECT_TRUE(IsBelow("/a/b/x/../c", "/a/b/"));
  EXPECT_FALSE(IsBelow("/a/b", "/a/b"));
  EXPECT_FALSE(IsBelow("/a/bc", "/a/b"));
  EXPECT_FALSE(IsBelow("/a/b/../c", "/a/b"));
  EXPECT_FALSE(IsBelow("/a/b/x/../../..", "/a/b"));
  EXPECT_FALSE(IsBelow("/etc/passwd", "/a/b"));
  EXPECT_FALSE(IsBelow("c", "/a/b"));
}

TEST(Files, WrittenIsRead) {
  const std::string path = TemporaryPath("written"), content(1 << 20, 'x');
  ASSERT_TRUE(WriteFileDurably(path, content).ok());
  EXPECT_EQ(ReadFile(path).value(), content);
  ASSERT_TRUE(WriteFileAtomically(path, "").ok());
  EXPECT_EQ(ReadFile(path).value(), "");
}

TEST(Files, NoTemporaryFileIsLeft) {
  const std::string folder = TemporaryPath("left");
  ASSERT_TRUE(MakeFolders(folder + "/a/b").ok());
  ASSERT_TRUE(WriteFileDurably(folder + "/a/b/file", "x").ok());
  EXPECT_EQ(ListFolder(folder + "/a/b").value(), std::vector<std::string>{"file"});
  EXPECT_FALSE(WriteFileDurably(folder + "/a/b", "x").ok()) << "a folder can't be replaced by a file";
  EXPECT_EQ(ListFolder(folder + "/a").value(), std::vector<std::string>{"b"});
}

TEST(Files, ErrorsNameThePath) {
  const absl::Status missing = ReadFile("/nonexistent/file").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(missing.message()).find("/nonexistent/file"), std::string::npos);
  EXPECT_EQ(ReadFile("/").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Files, TooLongIsRefused) {
  const std::string path = TemporaryPath("long");
  ASSERT_TRUE(WriteFileAtomically(path, "12345").ok());
  EXPECT_TRUE(ReadFile(path, 5).ok());
  EXPECT_EQ(ReadFile(path, 4).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReadFile("/dev/zero", 1000).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Files, GzipIsReadByItsName) {
  const std::string path = TemporaryPath("text.gz"), content(3 << 20, 'y');
  WriteGzip(path, content);
  EXPECT_EQ(ReadMaybeGzipped(path).value(), content);
  EXPECT_EQ(ReadMaybeGzipped(path, 100).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(Files, BrokenGzipIsDataLoss) {
  const std::string path = TemporaryPath("broken.gz");
  std::string content;
  for (int i = 0; i < 100000; ++i) content += std::to_string(i);
  WriteGzip(path, content);
  const std::string whole = ReadFile(path).value();
  ASSERT_TRUE(WriteFileAtomically(path, whole.substr(0, whole.size() / 2)).ok());
  EXPECT_EQ(ReadMaybeGzipped(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Paths, JoinAndParent) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(ParentFolder("a/b"), "a");
  EXPECT_EQ(ParentFolder("b"), ".");
  EXPECT_EQ(ParentFolder("/b"), "/");
}

TEST(Digest, OfAPublishedExample) {  // FIPS 180-2, appendix B.1
  const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(Sha256("abc"), expected);
  const std::string path = TemporaryPath("abc");
  ASSERT_TRUE(WriteFileAtomically(path, "abc").ok());
  EXPECT_EQ(Sha256OfFile(path).value(), expected);
  EXPECT_EQ(Sha256OfFile("/nonexistent").status().code(), absl::StatusCode::kNotFound);
}

TEST(NearestName, FindsTyposAndNothingElse) {
  const std::vector<std::string> names = {"entmax", "softmax", "sparsemax", "top_k_softmax"};
  EXPECT_EQ(NearestName("sofmax", names), "softmax");
  EXPECT_EQ(NearestName("entmx", names), "entmax");
  EXPECT_EQ(NearestName("sparse_max", names), "sparsemax");
  EXPECT_EQ(NearestName("linear", names), "");
  EXPECT_EQ(DidYouMean("linear", names), "");
  EXPECT_EQ(DidYouMean("sofmax", names), "; did you mean \"softmax\"?");
}

TEST(ShortestNumber, ReadsBackAsTheSame) {
  for (const double value : {0.1, 1.0 / 3, 1e-300, 12345678901234567.0, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(std::strtod(ShortestNumber(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(ShortestNumber(0.001), "0.001");
  EXPECT_EQ(ShortestNumber(2), "2");
}

TEST(Utf8, GoodAndBad) {
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"));
  for (const char* bad : {"ab\xFF", "ab\xC0\x80", "ab\xE0\x80\x80", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80", "ab\xE2\x82"}) {
    size_t offset = 0;
    EXPECT_FALSE(IsUtf8(bad, &offset));
    EXPECT_EQ(offset, 2u);
  }
}

}  // namespace
}  // namespace ablate
