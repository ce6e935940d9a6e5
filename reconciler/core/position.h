// Where something stands in a manifest: what makes an error message worth reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth {

// A place in a text file. Lines and columns count from 1; columns count bytes. A default-made Position is
// "nowhere" (values that the program itself made). Cheap to copy: file names are interned for the life of
// the process, so a Position never dangles.
struct Position {
  const std::string* file = nullptr;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  [[nodiscard]] bool known() const { return file != nullptr; }
  // "file:line:column", or "" where nothing is known.
  [[nodiscard]] std::string to_string() const;
};

// Returns the one shared copy of NAME. Thread-safe.
const std::string* intern_file_name(std::string_view name);

}  // namespace hearth
