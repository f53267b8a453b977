#include "lib/tasks/data/treebank.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 31;
constexpr size_t kColumns = 10;  // ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
constexpr size_t kId = 0, kForm = 1, kHead = 6, kRelation = 7;

bool LeadsToRoot(const DependencyTree& tree, size_t word) {
  int32_t place = static_cast<int32_t>(word);
  for (size_t steps = 0; place >= 0; ++steps) {
    if (steps > tree.size()) return false;
    place = tree[static_cast<size_t>(place)].head;
  }
  return true;
}

class Treebank {
 public:
  explicit Treebank(const std::string& path) : path_(path) {}

  absl::Status Take(std::string_view line) {
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) return EndSentence();
    return line[0] == '#' ? absl::OkStatus() : TakeWord(line);
  }

  absl::Status EndSentence() {
    if (tree_.empty()) return absl::OkStatus();
    const auto roots = std::count_if(tree_.begin(), tree_.end(), [](const DependencyWord& word) { return word.head < 0; });
    if (roots != 1) return Error(fmt::format("a sentence with {} roots, each has one", roots));
    for (size_t i = 0; i < tree_.size(); ++i) {
      if (tree_[i].head >= static_cast<int32_t>(tree_.size())) {
        return Error(fmt::format("head {} of word {} in a sentence of {} words", tree_[i].head + 1, i + 1, tree_.size()));
      }
    }
    for (size_t i = 0; i < tree_.size(); ++i) {
      if (!LeadsToRoot(tree_, i)) return Error(fmt::format("word {} of the sentence leads to no root: a circle", i + 1));
    }
    trees_.push_back(std::exchange(tree_, {}));
    return absl::OkStatus();
  }

  std::vector<DependencyTree>& trees() { return trees_; }

 private:
  absl::Status Error(const std::string& what) const { return RowError(path_, line_, what); }

  absl::Status TakeWord(std::string_view line) {
    const std::vector<std::string> cells = absl::StrSplit(absl::string_view(line.data(), line.size()), '\t');
    if (cells.size() != kColumns) return Error(fmt::format("{} columns, CoNLL-U has {}", cells.size(), kColumns));
    if (cells[kId].find_first_of("-.") != std::string::npos) return absl::OkStatus();
    int32_t id = 0, head = 0;
    if (!absl::SimpleAtoi(cells[kId], &id) || id != static_cast<int32_t>(tree_.size()) + 1) {
      return Error(fmt::format("word {}, expected was {}", Quoted(cells[kId]), tree_.size() + 1));
    }
    if (!absl::SimpleAtoi(cells[kHead], &head) || head < 0) {
      return Error(fmt::format("head {}, allowed are 0 (the root) and numbers of words", Quoted(cells[kHead])));
    }
    if (!IsUtf8(cells[kForm])) return Error("not UTF-8");
    tree_.push_back({cells[kForm], head - 1, cells[kRelation].substr(0, cells[kRelation].find(':'))});
    return absl::OkStatus();
  }

  const std::string path_;
  int64_t line_ = 0;
  DependencyTree tree_;  // so far
  std::vector<DependencyTree> trees_;
};

}  // namespace

absl::StatusOr<std::vector<DependencyTree>> ReadTreebank(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadMaybeGzipped(path, kMaxBytes));
  Treebank treebank(path);
  for (size_t start = 0; start < content.size();) {
    const size_t end = std::min(content.find('\n', start), content.size());
    RETURN_IF_ERROR(treebank.Take(std::string_view(content).substr(start, end - start)));
    start = end + 1;
  }
  RETURN_IF_ERROR(treebank.EndSentence());
  if (treebank.trees().empty()) return absl::InvalidArgumentError(fmt::format("{}: no sentence", path));
  return std::move(treebank.trees());
}

std::vector<int32_t> TreeDistances(const DependencyTree& tree) {
  const size_t words = tree.size();
  std::vector<std::vector<size_t>> neighbours(words);
  for (size_t i = 0; i < words; ++i) {
    if (tree[i].head < 0) continue;
    neighbours[i].push_back(static_cast<size_t>(tree[i].head));
    neighbours[static_cast<size_t>(tree[i].head)].push_back(i);
  }
  std::vector<int32_t> distances(words * words, -1);
  std::vector<size_t> reached;
  for (size_t from = 0; from < words; ++from) {
    int32_t* const row = distances.data() + from * words;
    row[from] = 0;
    reached = {from};
    for (size_t next = 0; next < reached.size(); ++next) {
      for (const size_t neighbour : neighbours[reached[next]]) {
        if (row[neighbour] >= 0) continue;
        row[neighbour] = row[reached[next]] + 1;
        reached.push_back(neighbour);
      }
    }
  }
  return distances;
}

}  // namespace ablate::tasks
