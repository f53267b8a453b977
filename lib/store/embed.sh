# Prints a C++ file that holds the given .sql files as text: folder, name, content. Called by BUILD.bazel.
set -eu
echo '#include "lib/store/embedded.h"'
echo 'namespace ablate::store {'
echo 'const std::vector<EmbeddedFile>& EmbeddedSql() {'
echo '  static const std::vector<EmbeddedFile> files = {'
for file in "$@"; do
  folder=$(basename "$(dirname "$file")")
  printf '{"%s", "%s", R"embedded(' "$folder" "$(basename "$file" .sql)"
  cat "$file"
  echo ')embedded"},'
done
echo '  };'
echo '  return files;'
echo '}'
echo '}  // namespace ablate::store'
