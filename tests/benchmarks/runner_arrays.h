// Small trials as arrays, against one after another with an operator's work split over the cores.
#pragma once

namespace ablate::benchmarks {

// Time in training of eight trials (2 layers, 64 wide, 32 tokens) one by one on two threads, divided by that as two arrays of
// four on one thread each, side by side. Starts of programs are left out on both sides.
double SpeedOfArrays(int batch_size);

}  // namespace ablate::benchmarks
