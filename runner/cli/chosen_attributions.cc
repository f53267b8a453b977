#include "runner/cli/chosen_attributions.h"

#include <algorithm>

#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::runner {

void AddAttributionOption(VerbOptions verb, std::vector<std::string>& names, const std::string& help) {
  verb.Add("--attribution", names, help).Type("NAME");
}

absl::StatusOr<std::vector<attribution::Entry>> ChosenAttributions(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const attribution::Entry& entry : attribution::Catalogue()) all.push_back(entry.name);
  const auto has = [](const std::vector<std::string>& in, const std::string& name) {
    return std::find(in.begin(), in.end(), name) != in.end();
  };
  for (const std::string& name : names) {
    if (name == "all" || has(all, name)) continue;
    return absl::InvalidArgumentError(
        fmt::format("--attribution {}: allowed are all, {}{}", name, fmt::join(all, ", "), DidYouMean(name, all)));
  }
  std::vector<attribution::Entry> chosen;
  for (const attribution::Entry& entry : attribution::Catalogue()) {
    if (has(names, "all") || has(names, entry.name)) chosen.push_back(entry);
  }
  return chosen;
}

}  // namespace ablate::runner
