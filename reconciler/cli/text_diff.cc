#include "reconciler/cli/text_diff.h"

#include <algorithm>
#include <utility>

namespace hearth {

namespace {

struct Line {
  std::string_view text;
  bool unfinished = false;
  friend bool operator==(const Line&, const Line&) = default;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back({text.substr(0, end), end == std::string_view::npos});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

using Edits = std::vector<DiffLine>;

void emit(Edits& out, DiffLine::Type type, const Line& line) {
  out.push_back({type, line.text, line.unfinished, 0});
}

// Myers' greedy algorithm: the furthest point on each diagonal for 0, 1, 2, … edits, then the way back. Keeps
// a row a round, so memory grows with the square of the edits: hence the bound.
constexpr std::ptrdiff_t most_edits = 600;

// Empty when more than most_edits are needed (two empty ranges never get here).
Edits shortest_edit(const std::vector<Line>& a, const std::vector<Line>& b) {
  const auto n = static_cast<std::ptrdiff_t>(a.size());
  const auto m = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t bound = std::min(n + m, most_edits);
  std::vector<std::ptrdiff_t> furthest(static_cast<std::size_t>(2 * bound + 3), 0);
  const auto at = [&](std::vector<std::ptrdiff_t>& row, std::ptrdiff_t diagonal) -> std::ptrdiff_t& {
    return row[static_cast<std::size_t>(diagonal + bound + 1)];
  };
  std::vector<std::vector<std::ptrdiff_t>> history;
  std::ptrdiff_t edits = 0;
  bool arrived = false;
  for (; edits <= bound && !arrived; ++edits) {
    history.push_back(furthest);
    for (std::ptrdiff_t k = -edits; k <= edits; k += 2) {
      const bool down = k == -edits || (k != edits && at(furthest, k - 1) < at(furthest, k + 1));
      std::ptrdiff_t x = down ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      at(furthest, k) = x;
      if (x >= n && x - k >= m) {
        arrived = true;
        break;
      }
    }
  }
  if (!arrived) return {};

  Edits reversed;
  std::ptrdiff_t x = n;
  std::ptrdiff_t y = m;
  for (std::ptrdiff_t d = edits - 1; d >= 0; --d) {
    auto& row = history[static_cast<std::size_t>(d)];
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && at(row, k - 1) < at(row, k + 1));
    const std::ptrdiff_t from_k = down ? k + 1 : k - 1;
    const std::ptrdiff_t from_x = d == 0 ? 0 : at(row, from_k);
    const std::ptrdiff_t from_y = d == 0 ? 0 : from_x - from_k;
    while (x > from_x && y > from_y) {
      emit(reversed, DiffLine::Type::context, a[static_cast<std::size_t>(--x)]);
      --y;
    }
    if (d == 0) break;
    if (down) {
      emit(reversed, DiffLine::Type::added, b[static_cast<std::size_t>(--y)]);
    } else {
      emit(reversed, DiffLine::Type::removed, a[static_cast<std::size_t>(--x)]);
    }
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

// Runs of equal lines longer than both neighbours' context become one gap.
Edits with_gaps(const Edits& edits, std::size_t context) {
  Edits out;
  for (std::size_t i = 0; i < edits.size();) {
    std::size_t end = i;
    while (end < edits.size() && edits[end].type == DiffLine::Type::context) ++end;
    const std::size_t run = end - i;
    const std::size_t head = i == 0 ? 0 : context;
    const std::size_t tail = end == edits.size() ? 0 : context;
    if (run > head + tail + 1) {  // a gap of one line takes as much room as the line
      out.insert(out.end(), edits.begin() + static_cast<std::ptrdiff_t>(i),
                 edits.begin() + static_cast<std::ptrdiff_t>(i + head));
      out.push_back({DiffLine::Type::gap, {}, false, run - head - tail});
      i = end - tail;
    }
    for (; i < end; ++i) out.push_back(edits[i]);
    if (i < edits.size()) out.push_back(edits[i++]);
  }
  return out;
}

}  // namespace

std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after, std::size_t context) {
  std::vector<Line> a = lines_of(before);
  std::vector<Line> b = lines_of(after);
  Edits edits;

  // Most configuration changes touch a few lines of a long file: what is common at both ends needs no search.
  const auto [differs_a, differs_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto prefix = static_cast<std::size_t>(differs_a - a.begin());
  const auto [end_a, end_b] = std::mismatch(a.rbegin(), std::make_reverse_iterator(differs_a), b.rbegin(),
                                            std::make_reverse_iterator(differs_b));
  const std::vector<Line> middle_a(differs_a, end_a.base());
  const std::vector<Line> middle_b(differs_b, end_b.base());

  for (std::size_t i = 0; i < prefix; ++i) emit(edits, DiffLine::Type::context, a[i]);
  if (!middle_a.empty() || !middle_b.empty()) {
    Edits middle = shortest_edit(middle_a, middle_b);
    if (middle.empty()) {
      for (const Line& line : middle_a) emit(middle, DiffLine::Type::removed, line);
      for (const Line& line : middle_b) emit(middle, DiffLine::Type::added, line);
    }
    edits.insert(edits.end(), middle.begin(), middle.end());
  }
  for (auto line = end_a.base(); line != a.end(); ++line) emit(edits, DiffLine::Type::context, *line);
  return with_gaps(edits, context);
}

}  // namespace hearth
