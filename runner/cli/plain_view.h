// A run as lines for a pipe or a log file: what happened, when, and the next commands at the end.
#pragma once

#include <cstdio>
#include <string>

#include "runner/scheduler/observer.h"

namespace ablate::runner {

class PlainView : public Observer {
 public:
  // `metric` is the name of the one that counts.
  PlainView(std::string experiment, std::string metric, FILE* out);

  void Begin(const Progress& progress) override;
  void TrialEnded(const TrialEnd& end, const Progress& progress) override;
  void Remark(const std::string& text) override;
  void Tick(const Progress& progress) override;

 private:
  void Line(const std::string& text);

  const std::string experiment_, metric_;
  FILE* out_;
};

// "12 succeeded, 1 failed, 3 pending"; states without trials are left out.
std::string CountsText(const StateCounts& counts);

// "entmax alpha=1.5 seed 2 succeeded  validation/accuracy 0.8123".
std::string EndText(const TrialEnd& end, const std::string& metric);

// Without line breaks, and harmless to a terminal.
std::string OneLine(std::string text);

// "45 s", "3 min 05 s", "2 h 03 min".
std::string DurationText(double seconds);

// Without false precision: "45 s", "3 min", "2 h 05 min", "4 days".
std::string RoughDurationText(double seconds);

}  // namespace ablate::runner
