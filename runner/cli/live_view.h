// A run on a terminal: a few lines that are drawn again and again, below the lines about what happened.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runner/cli/time_left.h"
#include "runner/scheduler/observer.h"

namespace ablate::runner {

// The picture: at most `height` lines of at most `width` columns each. `seconds_left` is told where it is known; `best` is a
// line about the best arm so far, and may be empty.
std::vector<std::string> LivePicture(const std::string& experiment, const Progress& progress,
                                     std::optional<double> seconds_left, const std::string& best, int width, int height);

class LiveView : public Observer {
 public:
  // `best` is asked now and then, seldom enough that it takes at most a twentieth of the time.
  LiveView(std::string experiment, std::string metric, std::function<std::string()> best, FILE* terminal);
  ~LiveView() override;

  void Begin(const Progress& progress) override;
  void TrialEnded(const TrialEnd& end, const Progress& progress) override;
  void Remark(const std::string& text) override;
  void Tick(const Progress& progress) override;

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(const Progress& progress);
  void AskForBest();
  std::string Erasure() const;
  void Write(const std::string& text);

  const std::string experiment_, metric_;
  const std::function<std::string()> best_;
  FILE* terminal_;
  std::string above_;  // lines about what happened, not yet written
  std::vector<std::string> drawn_;
  int drawn_width_ = 0;  // of the terminal then
  std::optional<TimeLeft> time_left_;
  std::string best_line_;
  Clock::time_point ask_again_, draw_again_;
};

}  // namespace ablate::runner
