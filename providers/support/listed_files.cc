#include "providers/support/listed_files.h"

#include <algorithm>
#include <utility>

#include "providers/support/lines.h"
#include "providers/support/text.h"

namespace hearth {

namespace {

// Prints `F path owner text`, path and text in base64, `-` for no owner and for an empty text. Files of more than 64 KiB are
// not what people write there by hand.
constexpr std::string_view list_script = R"sh(suffix=$1 owners=$2
shift 2
for folder in "$@"; do
  for path in "$folder"/*"$suffix"; do
    if [ -f "$path" ]; then
      [ "$(stat -L -c %s -- "$path")" -le 65536 ] || continue
      text=$(base64 -w0 <"$path")
    elif [ "$(readlink -f -- "$path")" = /dev/null ]; then
      text=
    else
      continue
    fi
    owner=
    [ "$owners" = no ] || owner=$(dpkg-query -S -- "$path" 2>/dev/null | sed -n '/^diversion /d;s/[:,].*//p' | head -n 1)
    echo "F $(printf %s "$path" | base64 -w0) ${owner:--} ${text:--}"
  done
done)sh";

}  // namespace

RunProbe list_files(std::string_view suffix, const std::vector<std::string>& folders, bool with_owners) {
  std::vector<std::string> argv{
      "sh", "-c", std::string(list_script), "hearth-list", std::string(suffix), with_owners ? "yes" : "no"};
  argv.insert(argv.end(), folders.begin(), folders.end());
  return {.argv = std::move(argv), .timeout = std::chrono::seconds(30)};
}

std::vector<ListedFile> listed_files(std::string_view output) {
  std::vector<ListedFile> files;
  for (const std::string& line : split_lines(output)) {
    const auto words = split_words(line);
    if (words.size() != 4 || words[0] != "F") continue;
    auto path = from_base64(words[1]);
    auto text = words[3] == "-" ? std::string() : from_base64(words[3]);
    if (!path || !text) continue;
    files.push_back(
        {std::move(*path), std::move(*text), words[2] == "-" ? std::string() : std::string(words[2])});
  }
  return files;
}

}  // namespace hearth
