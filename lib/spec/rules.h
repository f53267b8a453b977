// What a trial must satisfy as a whole: required fields, files that are there, and fields that bound each other.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "lib/spec/data_files.h"
#include "lib/spec/values.h"

namespace ablate::spec {

class Rules {
 public:
  Rules(Loading* loading, DataFiles* files);

  // Tells what is wrong with one trial, at the places where its values were set; at `fallback` what no value caused.
  void Check(const Values& values, const std::vector<char>& reads, const Place& fallback);

 private:
  struct Trial;

  void CheckRequired(const Trial& trial);
  void CheckFiles(const Trial& trial);
  void CheckHeaders(const Trial& trial);
  void CheckModel(const Trial& trial);
  void CheckTask(const Trial& trial);
  void CheckModelOfTask(const Trial& trial);
  bool IsOwn(const Trial& trial, int field, int other) const;
  void CheckTaskSettings(const Trial& trial);
  void CheckAlpha(const Trial& trial);
  void CheckBalance(const Trial& trial);
  bool MayBeInfeasible(const Trial& trial) const;
  void CheckKinds(const Trial& trial);
  void CheckKeys(const Trial& trial);

  void AtMost(const Trial& trial, int field, int bound, const char* reason);
  int MaxTokens(const Trial& trial);
  // Whether the task or a data file differs from the trial checked before: most trials share them with their neighbours.
  bool IsNewTask(const Trial& trial);
  // False where a field is not read or not known for sure: then a rule about it is silent.
  bool Knows(const Trial& trial, std::initializer_list<int> fields) const;
  void Tell(const Trial& trial, const std::vector<int>& causes, const std::string& message);

  Loading& loading_;
  DataFiles& files_;
  std::vector<int> required_;
  std::vector<int> data_files_;
  std::vector<int> task_fields_;
  std::vector<int> task_and_files_;
  std::vector<const Value*> last_task_;    // values of task_and_files_
  int last_max_tokens_ = 0;                // of last_task_; -1: not asked for yet
  std::set<std::string> checked_headers_;  // tasks by their texts and names
};

}  // namespace ablate::spec
