#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "lib/eventlog/record.h"
#include "lib/eventlog/writer.h"

namespace ablate::eventlog {
namespace {

std::string NewPath(const std::string& name) {
  static int count = 0;
  const std::string path =
      testing::TempDir() + "/eventlog_" + name + "_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  unlink(path.c_str());
  return path;
}

Event Point(uint64_t step, double value) {
  Event event;
  MetricPoints& points = *event.mutable_metric_points();
  points.set_trial("trial");
  points.set_step(step);
  points.add_metric("train/loss");
  points.add_value(value);
  return event;
}

void AppendPoints(Writer& writer, int first, int last) {
  for (int step = first; step <= last; ++step) ASSERT_TRUE(writer.Append(Point(step, 0.5 * step)).ok());
}

std::unique_ptr<Writer> OpenOrDie(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Writer>> writer = Writer::Open(path);
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

// All that a reader gives before it has no more, or DataLoss.
struct Content {
  std::vector<uint64_t> steps;
  absl::Status status;
};

Content ReadAll(const std::string& path) {
  Content content;
  Reader reader(path);
  while (true) {
    absl::StatusOr<std::vector<Event>> events = reader.Read();
    content.status = events.status();
    if (!events.ok() || events->empty()) return content;
    for (const Event& event : *events) content.steps.push_back(event.metric_points().step());
  }
}

std::vector<uint64_t> Steps(uint64_t last) {
  std::vector<uint64_t> steps;
  for (uint64_t step = 1; step <= last; ++step) steps.push_back(step);
  return steps;
}

// Where each record of the file ends.
std::vector<size_t> Ends(std::string_view bytes) {
  std::vector<size_t> ends;
  std::string_view event;
  for (size_t at = 0; LookAtRecord(bytes.substr(at), &event) == RecordState::kWhole;) {
    at += kHeaderBytes + event.size();
    ends.push_back(at);
  }
  return ends;
}

size_t RecordsBefore(const std::vector<size_t>& ends, size_t byte) {
  size_t records = 0;
  while (records < ends.size() && ends[records] <= byte) ++records;
  return records;
}

TEST(EventLog, KnownBytes) {
  char header[kHeaderBytes];
  PutHeader("123456789", header);  // CRC-32's check value: cbf43926
  EXPECT_EQ(std::string(header, kHeaderBytes), std::string("\x09\0\0\0\x26\x39\xf4\xcb", 8));
}

TEST(EventLog, KeepsOrderSequenceTimeAndOddValues) {
  const std::string path = NewPath("order");
  const double inf = std::numeric_limits<double>::infinity();
  {
    std::unique_ptr<Writer> writer = OpenOrDie(path);
    for (double value : {1.5, inf, -inf, std::nan("")}) ASSERT_TRUE(writer->Append(Point(1, value)).ok());
    EXPECT_TRUE(writer->Sync().ok());
  }
  std::vector<Event> events = *Reader(path).Read();
  ASSERT_EQ(events.size(), 4u);
  for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sequence(), i + 1);
  EXPECT_GT(events[0].time_us(), 1'600'000'000'000'000);
  EXPECT_EQ(events[2].metric_points().value(0), -inf);
  EXPECT_TRUE(std::isnan(events[3].metric_points().value(0)));
}

TEST(EventLog, ReaderFollowsAGrowingLog) {
  const std::string path = NewPath("growing");
  Reader reader(path);
  EXPECT_TRUE(reader.Read()->empty());
  std::unique_ptr<Writer> writer = OpenOrDie(path);
  AppendPoints(*writer, 1, 3);
  EXPECT_EQ(reader.Read()->size(), 3u);
  EXPECT_TRUE(reader.Read()->empty());
  AppendPoints(*writer, 4, 4);
  Reader second(path, reader.offset());
  EXPECT_EQ(reader.Read()->at(0).metric_points().step(), 4u);
  EXPECT_EQ(second.Read()->at(0).sequence(), 4u);
}

TEST(EventLog, AnyTruncationGivesTheLongestWholePrefix) {
  const std::string path = NewPath("truncated");
  AppendPoints(*OpenOrDie(path), 1, 6);
  const std::string bytes = *ReadFile(path);
  const std::vector<size_t> ends = Ends(bytes);
  ASSERT_EQ(ends.size(), 6u);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    ASSERT_TRUE(WriteFileAtomically(path, bytes.substr(0, size)).ok());
    const size_t whole = RecordsBefore(ends, size);
    const Content content = ReadAll(path);
    EXPECT_TRUE(content.status.ok()) << content.status;
    ASSERT_EQ(content.steps, Steps(whole)) << size;
    AppendPoints(*OpenOrDie(path), whole + 1, whole + 1);
    ASSERT_EQ(ReadAll(path).steps, Steps(whole + 1)) << size;
  }
}

TEST(EventLog, AnyFlippedBitGivesTheLongestWholePrefix) {
  const std::string path = NewPath("flipped");
  AppendPoints(*OpenOrDie(path), 1, 5);
  const std::string bytes = *ReadFile(path);
  const std::vector<size_t> ends = Ends(bytes);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= 1 << (bit % 8);
    ASSERT_TRUE(WriteFileAtomically(path, flipped).ok());
    const size_t whole = RecordsBefore(ends, bit / 8), start = whole == 0 ? 0 : ends[whole - 1];
    const Content content = ReadAll(path);
    ASSERT_EQ(content.steps, Steps(whole)) << bit;
    // In the length's bytes the record may seem to reach behind the end: then it looks torn.
    if (bit / 8 >= start + 4) {
      EXPECT_TRUE(absl::IsDataLoss(content.status)) << bit << content.status;
    }
    AppendPoints(*OpenOrDie(path), whole + 1, whole + 1);
    ASSERT_EQ(ReadAll(path).steps, Steps(whole + 1)) << bit;
  }
}

TEST(EventLog, DamageIsToldWithPathAndPlaceAndForGood) {
  const std::string path = NewPath("damage");
  AppendPoints(*OpenOrDie(path), 1, 3);
  std::string bytes = *ReadFile(path);
  const std::vector<size_t> ends = Ends(bytes);
  bytes[ends[1] + kHeaderBytes] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  Reader reader(path);
  EXPECT_EQ(reader.Read()->size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = reader.Read().status();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_EQ(status.message(),
              path + ": the record at byte " + std::to_string(ends[1]) + " is damaged; the log can't be read beyond it");
  }
}

TEST(EventLog, ZerosOfAPowerLossAreNoEvents) {
  const std::string path = NewPath("zeros");
  AppendPoints(*OpenOrDie(path), 1, 2);
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string(4096, '\0');
  const Content content = ReadAll(path);
  EXPECT_EQ(content.steps, Steps(2));
  EXPECT_TRUE(absl::IsDataLoss(content.status));
  AppendPoints(*OpenOrDie(path), 3, 3);
  EXPECT_EQ(ReadAll(path).steps, Steps(3));
}

TEST(EventLog, RandomBytesNeverCrash) {
  const std::string path = NewPath("random");
  uint32_t state = 1;
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
    bytes.replace(0, 4, std::string("\x20\0\0\0", 4));
    PutHeader(std::string_view(bytes).substr(kHeaderBytes, 0x20), bytes.data());  // a right checksum over no Event
    ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
    ReadAll(path);
  }
}

TEST(EventLog, RecordsLongerThanAChunkUpToTheLimit) {
  const std::string path = NewPath("long");
  std::unique_ptr<Writer> writer = OpenOrDie(path);
  Event event;
  event.mutable_note()->set_text(std::string(kMaxRecordBytes - 100, 'x'));
  ASSERT_TRUE(writer->Append(event).ok());
  AppendPoints(*writer, 1, 1);
  event.mutable_note()->set_text(std::string(kMaxRecordBytes, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(writer->Append(event)));
  AppendPoints(*writer, 2, 2);
  Reader reader(path);
  size_t records = 0;
  while (true) {
    std::vector<Event> events = *reader.Read();
    if (events.empty()) break;
    records += events.size();
    EXPECT_EQ(events.back().sequence(), records);
  }
  EXPECT_EQ(records, 3u);
}

TEST(EventLog, AFullDiskLeavesNoTornRecord) {
  const std::string path = NewPath("full");
  const pid_t child = fork();
  if (child == 0) {  // RLIMIT_FSIZE stops a write in its middle, as a full disk does
    signal(SIGXFSZ, SIG_IGN);
    std::unique_ptr<Writer> writer = OpenOrDie(path);
    const rlimit limit = {1000, 1000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    absl::Status status;
    int appended = 0;
    while (status.ok() && appended < 100) {
      status = writer->Append(Point(appended + 1, 0));
      appended += status.ok();
    }
    _exit(!status.ok() && appended > 5 && ReadAll(path).steps == Steps(appended) &&
                  Ends(*ReadFile(path)).back() == *FileSize(path)
              ? 0
              : 1);
  }
  int result;
  waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

TEST(EventLog, AReaderThatSawATornRecordReadsWhatReplacedIt) {
  const std::string path = NewPath("replaced");
  AppendPoints(*OpenOrDie(path), 1, 2);
  const std::string bytes = *ReadFile(path);
  ASSERT_EQ(truncate(path.c_str(), bytes.size() - 5), 0);
  Reader reader(path);
  EXPECT_EQ(reader.Read()->size(), 1u);
  EXPECT_TRUE(reader.Read()->empty());
  AppendPoints(*OpenOrDie(path), 7, 7);
  EXPECT_EQ(reader.Read()->at(0).metric_points().step(), 7u);
}

TEST(EventLog, WhatWasAppendedSurvivesSigkill) {
  const std::string path = NewPath("killed");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::unique_ptr<Writer> writer = OpenOrDie(path);
    for (uint64_t step = 1;; ++step) {
      if (!writer->Append(Point(step, 0)).ok() || write(ends[1], "x", 1) != 1) _exit(1);
    }
  }
  close(ends[1]);
  char buffer[512];
  uint64_t told = 0;
  while (told < 500) told += read(ends[0], buffer, 100);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) told += got;
  const Content content = ReadAll(path);
  EXPECT_TRUE(content.status.ok());
  EXPECT_GE(content.steps.size(), told);
  EXPECT_EQ(content.steps, Steps(content.steps.size()));
}

TEST(EventLog, ErrorsNameThePath) {
  const absl::Status missing = Writer::Open("/no/such/folder/events.log").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_NE(missing.message().find("/no/such/folder/events.log"), std::string::npos);
  EXPECT_FALSE(Reader(testing::TempDir()).Read().ok());  // a folder
}

}  // namespace
}  // namespace ablate::eventlog
