# Prints a C++ file that holds the style and the script of the page. Called by BUILD.bazel: page.css page.js
set -eu
echo '#include "analysis/report/page_files.h"'
echo 'namespace ablate::analysis {'
printf 'std::string_view PageStyle() { return R"embedded('
cat "$1"
echo ')embedded"; }'
printf 'std::string_view PageScript() { return R"embedded('
cat "$2"
echo ')embedded"; }'
echo '}  // namespace ablate::analysis'
