// What is wrong, where, and what to do next. The only form in which hearth complains.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "reconciler/core/position.h"

namespace hearth {

enum class Severity : std::uint8_t { warning, error };

// One complaint. RULE is a stable kebab-case id that `hearth explain RULE` knows.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string rule;
  Position position;    // nowhere, when it is not about a text
  std::string path;     // within the document, as in `spec.disks.scsi0`; "" when it is not about a field
  std::string message;  // one sentence, no full stop: what is the case and what was expected
  std::string hint;     // what to do next ("did you mean …?"); "" when there is nothing to add

  // `file:line:column: error[RULE]: message`, then indented lines for path and hint. Ends in a newline.
  [[nodiscard]] std::string to_string() const;
};

// Shorthand for an error that has no place in a file.
Diagnostic failure(std::string_view rule, std::string message, std::string hint = {});

template <typename T>
using Result = tl::expected<T, Diagnostic>;

// All complaints of one pass; passes go on after an error so that a person sees everything at once.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  void append(Diagnostics other);
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  // Orders by file, line, column: passes find things in another order than people read.
  void sort();
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

// `did you mean "X"?` for the candidate nearest to WORD by edit distance, or "" when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace hearth
