// git, called as the program that it is: asks nobody anything, takes a bounded time, and runs nothing that the repository
// names (hooks, monitors, helpers).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

class Git {
 public:
  struct Answer {
    bool good = false;   // it ran, and ended with 0
    int exit_code = -1;  // -1: it did not end by itself
    std::string out;     // without the line end behind it
    std::string why;     // when not good: what it said, in one line
  };

  // Commands run in FOLDER.
  explicit Git(std::string folder) : folder_(std::move(folder)) {}

  // VARIABLES are further `NAME=VALUE` of its environment.
  [[nodiscard]] Answer run(const std::vector<std::string>& arguments,
                           std::chrono::seconds timeout = std::chrono::seconds(20),
                           const std::vector<std::string>& variables = {}) const;

 private:
  std::string folder_;
};

// The first setting of the repository's own configuration (not the user's or the system's) that makes git run a program, or
// "". What can be switched off from outside (hooks, file system monitors) is, and does not count.
std::string program_in_configuration(const Git& git);

}  // namespace hearth
