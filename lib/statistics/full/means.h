// Named means, as evaluations are told of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ablate::statistics {

// Means over what was added under each name; names without anything added have none.
class Means {
 public:
  void Add(const std::string& name, double value) {
    Sum& sum = sums_[name];
    sum.total += value;
    ++sum.count;
  }

  // f(name, mean), names ascending.
  template <typename F>
  void ForEach(F f) const {
    for (const auto& [name, sum] : sums_) f(name, sum.total / static_cast<double>(sum.count));
  }

 private:
  struct Sum {
    double total = 0;
    uint64_t count = 0;
  };
  std::map<std::string, Sum> sums_;
};

}  // namespace ablate::statistics
