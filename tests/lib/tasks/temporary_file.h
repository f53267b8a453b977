// A file that a test writes and then reads by path.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

namespace ablate::tasks {

// Path of a new file of that name in the test's folder; ".gz" in the name does not compress.
inline std::string WriteTemporary(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string WriteTemporaryGzip(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + "/" + name;
  const gzFile file = gzopen(path.c_str(), "wb");
  EXPECT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())), static_cast<int>(content.size()));
  EXPECT_EQ(gzclose(file), Z_OK);
  return path;
}

}  // namespace ablate::tasks
