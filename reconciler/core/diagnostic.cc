#include "reconciler/core/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace hearth {

std::string Diagnostic::to_string() const {
  std::string out;
  if (position.known()) out = position.to_string() + ": ";
  out += severity == Severity::error ? "error" : "warning";
  out += "[" + rule + "]: " + message + "\n";
  if (!path.empty()) out += "    at " + path + "\n";
  if (!hint.empty()) out += "    " + hint + "\n";
  return out;
}

Diagnostic failure(std::string_view rule, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.rule = rule;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::append(Diagnostics other) {
  for (auto& diagnostic : other.all_) add(std::move(diagnostic));
}

void Diagnostics::sort() {
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    static const std::string none;
    const std::string& left = a.position.known() ? *a.position.file : none;
    const std::string& right = b.position.known() ? *b.position.file : none;
    return std::tie(left, a.position.line, a.position.column) <
           std::tie(right, b.position.line, b.position.column);
  });
}

std::string Diagnostics::to_string() const {
  std::string out;
  for (const auto& diagnostic : all_) out += diagnostic.to_string();
  return out;
}

namespace {

// Damerau–Levenshtein (adjacent swaps count one), because swapped letters are the commonest slip of a typing hand.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  // A third of the word may be wrong: more, and the suggestion is noise.
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  const std::string* nearest = nullptr;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? std::string{} : "did you mean \"" + *nearest + "\"?";
}

}  // namespace hearth
