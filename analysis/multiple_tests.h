// p values of several tests, made larger for there being several. NaN stands for a test that could not be made: it stays NaN
// and is not counted.
#pragma once

#include <vector>

namespace ablate::analysis {

// Holm 1979, "A simple sequentially rejective multiple test procedure": calling significant what is at most 0.05 errs anywhere
// with probability at most 0.05, however the tests depend on each other.
std::vector<double> Holm(const std::vector<double>& p);

// Benjamini and Hochberg 1995, "Controlling the false discovery rate": of what is at most 0.05 an expected share of at most
// 0.05 is false, for independent or positively dependent tests. For screening many arms, not for claims.
std::vector<double> BenjaminiHochberg(const std::vector<double>& p);

}  // namespace ablate::analysis
