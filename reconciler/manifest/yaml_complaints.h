// How the parts of the YAML reader complain, and how they give up. Internal to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "reconciler/core/diagnostic.h"

namespace hearth {

// Thrown through yaml-cpp by our own handler, and caught right outside of it: there is no other way to make
// it stop.
struct AbandonDocument {};
struct AbandonFile {};

// The complaints of one file. Gives up after MOST: beyond that there is one cause, and memory to save.
class YamlComplaints {
 public:
  YamlComplaints(Diagnostics& diagnostics, const std::string* file, std::size_t most)
      : diagnostics_(diagnostics), file_(file), most_(most) {}

  void add(std::string_view rule, Position position, std::string message, std::string hint = {}) {
    if (count_ == most_) {
      put("too-many-errors", position, "reading stops here after " + std::to_string(most_) + " errors",
          "correct the first ones and run again");
      throw AbandonFile{};
    }
    ++count_;
    put(rule, position, std::move(message), std::move(hint));
  }

  [[nodiscard]] Position at(std::size_t line, std::size_t column) const {
    return {file_, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
  }

 private:
  void put(std::string_view rule, Position position, std::string message, std::string hint) {
    Diagnostic diagnostic = failure(rule, std::move(message), std::move(hint));
    diagnostic.position = position;
    diagnostics_.add(std::move(diagnostic));
  }

  Diagnostics& diagnostics_;
  const std::string* file_;
  std::size_t most_;
  std::size_t count_ = 0;
};

}  // namespace hearth
