// What the operating system and SQLite take by themselves for what the runner does: the floor under its figures.
#pragma once

#include <cstdint>

namespace ablate::benchmarks {

// Processes spawned, heard through a pipe, waited for, and recorded by a row in a WAL database of its own commit, one after the
// other. Unit: per second.
double SpawnPipeAndInsertRate(int processes);

// Time from before a process is spawned until its first line has come through a pipe: the median of `processes`. Unit: seconds.
double SecondsToFirstLine(int processes);

// Rows (attempt, metric, step, value) put into a table like that of points, 2,000 to a commit. Unit: per second.
double BareInsertRate(int64_t rows);

}  // namespace ablate::benchmarks
