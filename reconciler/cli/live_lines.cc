#include "reconciler/cli/live_lines.h"

#include <algorithm>
#include <ostream>

#include "reconciler/cli/text_style.h"

namespace hearth {

LiveLines::LiveLines(std::ostream& out, std::size_t columns, std::size_t rows)
    : out_(out), columns_(columns), rows_(rows) {}

LiveLines::~LiveLines() {
  if (on_screen_ > 0) out_ << erased() << std::flush;
}

void LiveLines::set(const std::string& key, const std::string& text) {
  if (columns_ == 0) return;
  const auto found =
      std::find_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.first == key; });
  if (found == lines_.end()) {
    lines_.emplace_back(key, text);
  } else if (found->second == text) {
    return;  // drawing the same again only flickers
  } else {
    found->second = text;
  }
  // One write: a terminal never shows the moment between erasing and drawing.
  std::string bytes = erased();
  bytes += drawn();
  out_ << bytes << std::flush;
}

void LiveLines::remove(const std::string& key) {
  if (std::erase_if(lines_, [&](const auto& line) { return line.first == key; }) == 0) return;
  std::string bytes = erased();
  bytes += drawn();
  out_ << bytes << std::flush;
}

void LiveLines::finish(const std::string& text) {
  std::string bytes = erased();
  bytes += text + "\n";
  bytes += drawn();
  out_ << bytes << std::flush;
}

std::string LiveLines::erased() {
  if (on_screen_ == 0) return {};
  // Up to the first live line, then everything from there on.
  std::string bytes = "\x1b[" + std::to_string(on_screen_) + "A\r\x1b[J";
  on_screen_ = 0;
  return bytes;
}

std::string LiveLines::drawn() {
  // Lines that wrapped or scrolled off could not be found again for erasing: cut to the width, kept to the
  // height.
  const std::size_t most = rows_ > 2 ? rows_ - 2 : 1;
  std::string bytes;
  for (const auto& [key, text] : lines_) {
    if (on_screen_ == most) break;
    bytes += cut(text, columns_ - 1) + "\n";
    ++on_screen_;
  }
  return bytes;
}

}  // namespace hearth
