// Labelled texts, as TSV plain and quoted and as JSON lines: the first byte says which.
#include "lib/tasks/data/rows.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int kind = data[0] % 4;
  ablate::tasks::RowFormat format;
  format.columns = {"sentence", data[0] % 8 < 4 ? "" : "second", "label"};
  format.quoted = kind == 1;
  const char* const ending = kind < 2 ? ".tsv" : kind == 2 ? ".jsonl" : ".tsv.gz";
  const std::string path = ablate::fuzz::FileWith(ablate::fuzz::Text(data + 1, size - 1), ending);
  ablate::tasks::BadRows fails(/*skip=*/false), skips(/*skip=*/true);
  ablate::fuzz::ExpectSensible(ablate::tasks::ReadRows(path, format, fails).status());
  ablate::fuzz::ExpectSensible(ablate::tasks::ReadRows(path, format, skips).status());
  ablate::fuzz::ExpectSensible(ablate::tasks::CheckFirstRows(path, format, fails));
  return 0;
}
