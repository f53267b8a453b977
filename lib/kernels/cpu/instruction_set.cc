#include "lib/kernels/cpu/instruction_set.h"

namespace ablate::kernels {
namespace {

InstructionSet& Current() {
  static InstructionSet set = WidestInstructionSet();
  return set;
}

}  // namespace

const char* NameOf(InstructionSet set) {
  switch (set) {
    case InstructionSet::kBaseline:
      return "baseline";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
  }
  return "unknown";
}

InstructionSet WidestInstructionSet() {
  if (__builtin_cpu_supports("x86-64-v4")) return InstructionSet::kAvx512;
  return __builtin_cpu_supports("x86-64-v3") ? InstructionSet::kAvx2 : InstructionSet::kBaseline;
}

InstructionSet CurrentInstructionSet() { return Current(); }
void UseInstructionSet(InstructionSet set) { Current() = set; }

}  // namespace ablate::kernels
