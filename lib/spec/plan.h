// What an experiment comes to: its trials, each once, with ids and arms.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proto/experiment.pb.h"
#include "proto/trial.pb.h"

namespace ablate::spec {

// The version of what a trial's numbers mean: part of every id. It changes when the same settings give other numbers.
inline constexpr int kNumericsVersion = 1;

// Most trials of one experiment, counted before equal ones are folded together.
inline constexpr uint64_t kMaxTrials = 1'000'000;

// Largest experiment file. Unit: bytes.
inline constexpr uint64_t kMaxSpecBytes = uint64_t{64} << 20;

// A field that counts: read in this trial and different from its default.
struct Setting {
  std::string field;  // "attention.sparsity.level"; which task and model: "task", "model"
  std::string value;  // canonical text; a data file's is "sha256:..."
};

// A planned trial is kept packed: 10,000 of them take about 3 MB.
struct PlannedTrial {
  std::string id;      // 32 hexadecimal digits
  std::string arm;     // name of its arm: all trials that differ only in seed share it
  std::string packed;  // serialized Trial

  // Fully resolved and canonical: what is read and differs from its default is set, nothing else.
  Trial trial() const;
};

struct Plan {
  Experiment experiment;             // as read; claims name arms that were kept where theirs was folded into another
  std::string text;                  // the file as read
  std::string digest;                // Sha256 of text and --set
  std::vector<PlannedTrial> trials;  // in order of arms, then seeds; no id twice
  std::vector<std::string> arms;     // in the order of the file
  std::vector<std::string> remarks;  // what was folded together: an axis that nothing reads, equal arms
  std::map<std::string, std::string> file_digests;  // of each data file read, by its path in the trials: "sha256:..."
};

}  // namespace ablate::spec
