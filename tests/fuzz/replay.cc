// Runs a target on a folder of inputs, one after the other, and on seeded changes of each: what CI does with the corpora that
// fuzzing left.
//   replay FOLDER [CHANGES]   CHANGES of each input; default: 20
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>

#include "tests/fuzz/input.h"

namespace {

void Run(const std::string& input) { LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size()); }

// One byte set, a piece cut out, or a piece doubled.
std::string Changed(std::string input, std::mt19937& random) {
  if (input.empty()) return std::string(1, static_cast<char>(random()));
  const size_t at = random() % input.size(), length = 1 + random() % 16;
  switch (random() % 3) {
    case 0:
      input[at] = static_cast<char>(random());
      return input;
    case 1:
      return input.erase(at, length);
    default:
      return input.insert(at, input.substr(random() % input.size(), length));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: replay FOLDER [CHANGES]\n"), 4;
  const int changes = argc > 2 ? std::atoi(argv[2]) : 20;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.insert(entry.path());
  std::mt19937 random(1);
  long runs = 0;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    std::printf("%s\n", path.filename().c_str());
    std::fflush(stdout);  // the last line names the input at which a target dies
    Run(input);
    for (int i = 0; i < changes; ++i) Run(Changed(input, random));
    runs += 1 + changes;
  }
  std::printf("%ld inputs from %zu files\n", runs, files.size());
  return files.empty() ? 1 : 0;  // a corpus that is not there tests nothing
}
