// Event logs: whole records, then the end or a damage that is told; read in one go or after a cut, the same records.
#include <cstdlib>
#include <vector>

#include "lib/eventlog/reader.h"
#include "lib/eventlog/writer.h"
#include "tests/fuzz/input.h"

namespace {

// All records of the log, and how the reading ended.
std::vector<std::string> Records(const std::string& path) {
  std::vector<std::string> records;
  ablate::eventlog::Reader reader(path);
  while (true) {
    const auto events = reader.Read();
    ablate::fuzz::ExpectSensible(events.status());
    if (!events.ok() || events->empty()) return records;
    for (const ablate::Event& event : *events) records.push_back(event.SerializeAsString());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = ablate::fuzz::FileWith(ablate::fuzz::Text(data, size), ".log");
  const std::vector<std::string> before = Records(path);
  // A writer that goes on behind it keeps what is whole.
  const auto writer = ablate::eventlog::Writer::Open(path);
  ablate::fuzz::ExpectSensible(writer.status());
  if (writer.ok()) {
    ablate::fuzz::ExpectSensible((*writer)->Append(ablate::Event()));
    if (Records(path).size() != before.size() + 1) std::abort();
  }
  return 0;
}
