// A few lines at the bottom of a terminal that change while finished ones scroll by above them.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace hearth {

// Where the terminal is none, only finished lines appear: what a log wants. Not thread-safe.
class LiveLines {
 public:
  // COLUMNS and ROWS of the terminal; 0 columns: no terminal.
  LiveLines(std::ostream& out, std::size_t columns, std::size_t rows);
  LiveLines(const LiveLines&) = delete;
  LiveLines& operator=(const LiveLines&) = delete;
  ~LiveLines();  // leaves the screen with finished lines only

  // The live line of KEY becomes TEXT (no escape sequences); lines stand in the order in which their keys
  // first came.
  void set(const std::string& key, const std::string& text);
  void remove(const std::string& key);
  // Prints TEXT for good. May hold colours.
  void finish(const std::string& text);

 private:
  [[nodiscard]] std::string erased();
  [[nodiscard]] std::string drawn();

  std::ostream& out_;
  std::size_t columns_;
  std::size_t rows_;
  std::vector<std::pair<std::string, std::string>> lines_;
  std::size_t on_screen_ = 0;
};

}  // namespace hearth
