// Golden files: what a program says, compared byte for byte with what somebody has read and accepted.
//
//   INSTANTIATE_TEST_SUITE_P(Yaml, YamlGolden, testing::ValuesIn(golden::cases("yaml", ".yaml")),
//   golden::CaseName()); TEST_P(YamlGolden, SaysWhatIsExpected) { golden::check(GetParam(),
//   what_the_program_says(...)); }
//
// `ACCEPT=1 ctest -L golden` writes the expected files anew; read `git diff` before you commit them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace hearth::golden {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool accepting() {
  const char* accept = std::getenv("ACCEPT");
  return accept != nullptr && std::string_view(accept) == "1";
}

// The cases of tests/golden/FOLDER: files (or, with extension "", folders), sorted. A folder without any
// gives one empty path, which check() fails on: a test that has lost its cases must not pass.
inline std::vector<std::filesystem::path> cases(const std::string& folder, const std::string& extension) {
  const std::filesystem::path root = std::filesystem::path(HEARTH_SOURCE_DIR) / "tests/golden" / folder;
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const bool is_case = extension.empty() ? entry.is_directory() : entry.path().extension() == extension;
    if (is_case) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) found.emplace_back();
  return found;
}

// Expected files in FOLDER whose case is gone: left-overs that look like coverage.
inline std::vector<std::filesystem::path> orphans(const std::string& folder, const std::string& extension) {
  std::vector<std::filesystem::path> lost;
  for (const auto& expected : cases(folder, ".expected")) {
    if (!expected.empty() &&
        !std::filesystem::exists(std::filesystem::path(expected).replace_extension(extension))) {
      lost.push_back(expected);
    }
  }
  return lost;
}

// Compares ACTUAL with the file beside INPUT whose name ends in `.expected`.
inline void check(const std::filesystem::path& input, const std::string& actual) {
  ASSERT_FALSE(input.empty()) << "the golden folder has no cases";
  const auto expected_file = std::filesystem::path(input).replace_extension(".expected");
  if (accepting()) {
    std::ofstream(expected_file, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(expected_file))
      << expected_file << " is missing. ACCEPT=1 writes it. The program says:\n"
      << actual;
  EXPECT_EQ(read_file(expected_file), actual)
      << "in " << expected_file << "; ACCEPT=1 accepts what the program says now";
}

// Names a case after its file, so that `ctest -R` finds it.
struct CaseName {
  std::string operator()(const testing::TestParamInfo<std::filesystem::path>& info) const {
    std::string name = info.param.empty() ? "none" : info.param.stem().string();
    std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
  }
};

}  // namespace hearth::golden
