// Runs a fuzz target over inputs that are kept, without a fuzzer: what one found once stays fixed with every compiler.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (stream.bad() || !stream.is_open()) {
    std::cerr << file.string() << ": cannot be read\n";
    return false;
  }
  // Told before: the last line says which input a crash is about.
  std::cout << file.string() << " (" << bytes.size() << " bytes)" << std::endl;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

// Arguments: files, and folders of files. No input at all is a failure: it would prove nothing.
int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (const std::string& argument : std::vector<std::string>(argv + 1, argv + argc)) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(argument)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(argument);
    }
    for (const auto& file : files) {
      if (!replay(file)) return 1;
      ++inputs;
    }
  }
  if (inputs == 0) {
    std::cerr << "no inputs: keep at least one in tests/fuzz/corpus/NAME\n";
    return 1;
  }
  return 0;
}
