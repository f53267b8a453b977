// Tests that run on every instruction set that this machine has.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "lib/kernels/cpu/instruction_set.h"

namespace ablate::kernels {

class OnInstructionSet : public ::testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override { UseInstructionSet(GetParam()); }
  void TearDown() override { UseInstructionSet(WidestInstructionSet()); }
};

inline std::vector<InstructionSet> InstructionSets() {
  std::vector<InstructionSet> sets;
  for (int set = 0; set <= static_cast<int>(WidestInstructionSet()); ++set) sets.push_back(static_cast<InstructionSet>(set));
  return sets;
}

}  // namespace ablate::kernels
