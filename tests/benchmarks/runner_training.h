// What the runner adds to real training: ablate-worker, which is not built with this benchmark (bazel build //:ablate-worker).
#pragma once

namespace ablate::benchmarks {

bool TrainingWorkerIsBuilt();

// From the command, in a folder without a database, until the first step of the first trial is in its log: the median of five.
double SecondsToFirstTrainingStep();

// Time of eight small trials in arrays of four on one worker, divided by that on two.
double SpeedOfTwoWorkers();

}  // namespace ablate::benchmarks
