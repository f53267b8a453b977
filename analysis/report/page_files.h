// page.css and page.js, in the binary.
#pragma once

#include <string_view>

namespace ablate::analysis {

std::string_view PageStyle();
std::string_view PageScript();

}  // namespace ablate::analysis
