// distinct-n (Li et al. 2016, arXiv:1510.03055): how diverse generated texts are.
#pragma once

#include <string>
#include <vector>

namespace ablate::tasks {

// Different rows of n words over all rows of n words, of all texts together, in [0, 1]; words are between white space. 0 where
// no text has n words.
double Distinct(const std::vector<std::string>& texts, int n);

}  // namespace ablate::tasks
