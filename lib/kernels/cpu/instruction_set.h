// The instruction sets that the float kernels are compiled for. A row has the same bits on one of them wherever it stands;
// between two of them it differs by rounding.
#pragma once

namespace ablate::kernels {

enum class InstructionSet {
  kBaseline,  // any x86-64: 4 lanes
  kAvx2,      // x86-64-v3: 8 lanes, fused multiply-add
  kAvx512,    // x86-64-v4: 16 lanes
};

// "baseline", "avx2", "avx512".
const char* NameOf(InstructionSet set);

// What this machine has.
InstructionSet WidestInstructionSet();

// What kernels run with: at first the widest. UseInstructionSet is for tests and benchmarks; not while rows are being computed,
// and never beyond the widest.
InstructionSet CurrentInstructionSet();
void UseInstructionSet(InstructionSet set);

}  // namespace ablate::kernels
