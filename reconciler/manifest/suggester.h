// "did you mean" for whole sets of manifests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/core/diagnostic.h"

namespace hearth {

// Comparing a word with every known one takes its time. After so many comparisons a person has enough to
// correct, and a set of a hundred thousand mistakes among a hundred thousand names must not take the square
// of that.
class Suggester {
 public:
  // As did_you_mean(), or OTHERWISE where nothing is near or the budget is spent.
  std::string suggest(std::string_view word, const std::vector<std::string>& candidates,
                      std::string otherwise = {}) {
    constexpr std::size_t longest = 200;  // no name that somebody mistyped
    if (candidates.size() > left_ || word.size() > longest) return otherwise;
    left_ -= candidates.size();
    std::string hint = did_you_mean(word, candidates);
    return hint.empty() ? otherwise : hint;
  }

 private:
  std::size_t left_ = 200'000;  // comparisons
};

}  // namespace hearth
