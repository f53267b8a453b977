// Runs operators_test.py with the Python of ABLATE_PYTHON.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace {

constexpr int kCannotImport = 77;

TEST(OperatorsPythonTest, EqualOutsideAnswers) {
  const char* const python = std::getenv("ABLATE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "ABLATE_PYTHON, a python3 with the packages torch and entmax, is not set";
  const std::string command =
      "'" + std::string(python) + "' tests/conformance/operators_test.py lib/libablate_ops.so docs/operators.md";
  const int result = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(result)) << command;
  if (WEXITSTATUS(result) == kCannotImport) GTEST_SKIP() << python << " can't import torch and entmax";
  EXPECT_EQ(WEXITSTATUS(result), 0) << command;
}

}  // namespace
