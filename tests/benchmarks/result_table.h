// The table that a benchmark ends in: what was measured, what it is held against, and whether it reaches it.
#pragma once

#include <string>
#include <vector>

namespace ablate::benchmarks {

struct Figure {
  enum class Wanted { kAtLeast, kAtMost };
  std::string what, unit;
  double seen = 0;
  Wanted wanted = Wanted::kAtLeast;
  double target = 0;
  double floor = 0;  // the bare operating system's and SQLite's, measured in the same run; 0: none

  // Above 1: better than the target, by that factor.
  double Ratio() const { return wanted == Wanted::kAtLeast ? seen / target : target / seen; }
  bool Reached() const { return Ratio() >= 1; }
};

// One line per figure, the ratio last but one.
std::string TableOf(const std::vector<Figure>& figures);

// Exit code of a benchmark: 0, or 1 where a target is missed.
int ExitCodeOf(const std::vector<Figure>& figures);

}  // namespace ablate::benchmarks
