// /etc/fstab as libmount reads it, and its lines changed so that what a person wrote around them stays: fstab(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// One line that mounts something (or is swap). Escapes are resolved.
struct FstabEntry {
  std::string source;
  std::string target;
  std::string type;
  std::string options;  // as they stand: `defaults,nofail`; "" where the line has none
  int dump = 0;
  int pass = 0;      // when fsck looks at it at boot; 0: never
  std::string line;  // all of it, as it is
};

// Comments, empty lines, and lines that libmount refuses are left out.
std::vector<FstabEntry> read_fstab(std::string_view text);

// Options one by one, without empty ones, repetitions and `defaults`. A comma in double quotes parts nothing.
std::vector<std::string> split_options(std::string_view options);

// The line that says what WANTED does: BEFORE (a line that read_fstab() has read, or "") with only those words changed that
// mean something else.
std::string fstab_line(std::string_view before, const FstabEntry& wanted);

// SOURCE without the quotes that a tag's value may have: `UUID="1-2"` is `UUID=1-2`.
std::string plain_source(std::string_view source);

}  // namespace hearth
