#include "tests/faults/fault.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

#include "lib/base/files.h"

namespace ablate::faults {
namespace {

Record* MapRecord(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  EXPECT_EQ(ftruncate(file, sizeof(Record)), 0) << path;
  void* const shared = mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  EXPECT_NE(shared, MAP_FAILED) << path;
  close(file);
  return static_cast<Record*>(shared);
}

}  // namespace

std::string Name(const Fault& fault) { return fmt::format("{}:{}:{}", fault.role, fault.action, fault.at); }

Injection::Injection(const Fault& fault, const std::string& folder)
    : path_(JoinPath(folder, "injection")), record_(MapRecord(path_)) {
  const char* const injector = std::getenv("ABLATE_FAULT_INJECTOR");
  EXPECT_NE(injector, nullptr) << "ABLATE_FAULT_INJECTOR is not set";
  environment_ = {{"ABLATE_FAULT", Name(fault)},
                  {"ABLATE_FAULT_FILE", path_},
                  {"LD_PRELOAD", std::filesystem::canonical(injector).string()}};
}

Injection::~Injection() {
  munmap(record_, sizeof(Record));
  unlink(path_.c_str());
}

std::string Injection::Where() const {
  if (record_->fired.load() == 0) return "";
  const std::string where = record_->where;
  const size_t space = where.find(' ');
  const std::string name = FileName(where.substr(space + 1));
  static const std::regex kVarying("[0-9a-f]{8,}|[0-9]+");
  return where.substr(0, space + 1) + std::regex_replace(name, kVarying, "*");
}

}  // namespace ablate::faults
