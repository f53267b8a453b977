// A results database from a stranger, or a damaged one: opened for reading and for writing, queried. The input is a list of
// damages to a good one, five bytes each: place (little endian, modulo the file's size) and value.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/base/files.h"
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "tests/fuzz/input.h"

namespace {

std::string GoodDatabase() {
  const std::string path = ablate::fuzz::FileWith("", ".good.db");
  std::filesystem::remove(path);
  const auto writer = ablate::store::Writer::Open(path);
  if (!writer.ok() || !(*writer)->KeepText("a text").ok()) std::abort();
  return *ablate::ReadFile(path);
}

void ExpectAWord(const absl::Status& status) {
  if (!status.ok() && status.message().empty()) std::abort();
}

void Query(const std::string& path) {
  ablate::store::Reader::Options options;
  options.time_limit_s = 0.2;
  const auto reader = ablate::store::Reader::Open(path, options);
  ExpectAWord(reader.status());
  if (!reader.ok()) return;
  for (const char* const view : {"trial_overview", "leaderboard", "metric_points", "texts"}) {
    ExpectAWord((*reader)->ForEachRow(std::string("SELECT * FROM ") + view, {}, [](const auto&, const auto&) { return true; }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string good = GoodDatabase();
  std::string damaged = good;
  for (size_t at = 0; at + 5 <= size; at += 5) {
    const uint32_t place = data[at] | data[at + 1] << 8 | data[at + 2] << 16 | static_cast<uint32_t>(data[at + 3]) << 24;
    damaged[place % damaged.size()] = static_cast<char>(data[at + 4]);
  }
  const std::string path = ablate::fuzz::FileWith(damaged, ".db");
  for (const char* const rest : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path + rest);
  Query(path);
  const auto writer = ablate::store::Writer::Open(path);
  ExpectAWord(writer.status());
  if (writer.ok()) ExpectAWord((*writer)->KeepText("another text"));
  return 0;
}
