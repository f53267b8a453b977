// What is wrong with an experiment file: gathered, so that all errors are told at once.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace ablate::spec {

// Where something was written: a line and a column of the file, both counted from 1, or a --set of the command line.
struct Place {
  int line = 0;
  int column = 0;
  int setting = 0;  // counted from 1; 0: in the file

  bool operator<(const Place& other) const {
    return std::tie(setting, line, column) < std::tie(other.setting, other.line, other.column);
  }
};

class Problems {
 public:
  // `settings` are the --set arguments, to show them. The references must outlive this object.
  Problems(const std::string& path, const std::vector<std::string>& settings) : path_(path), settings_(settings) {}

  // The same message at the same place counts once: a mistake in a base is seen again by each trial.
  void Add(const Place& place, std::string message);

  bool empty() const { return problems_.empty(); }

  // There are so many that looking for more is a waste: further ones are only counted.
  bool full() const;

  // "path:line:column", or "--set field=value".
  std::string Where(const Place& place) const;

  // Ok without problems, else InvalidArgument with one line each, in order of places; of very many only the first.
  absl::Status ToStatus() const;

 private:
  const std::string& path_;
  const std::vector<std::string>& settings_;
  std::set<std::pair<Place, std::string>> problems_;
  size_t left_out_ = 0;
};

// Text from a file as a message shows it: in quotes, control characters escaped, long ones cut.
std::string Quoted(std::string_view text);

// As above without quotes.
std::string Shortened(std::string_view text);

}  // namespace ablate::spec
