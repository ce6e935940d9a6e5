#include "providers/host_system/hosts_file.h"

#include <algorithm>

#include "providers/support/lines.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

// A line's parts: `10.0.0.1<tab>` `nas nas.lan` `  # the shelf`.
struct Parts {
  std::string_view head;
  std::vector<std::string_view> names;
  std::string_view tail;
  std::string_view comment;  // from `#` on
};

Parts parts_of(std::string_view line) {
  Parts parts;
  const std::size_t hash = std::min(line.find('#'), line.size());
  parts.comment = line.substr(hash);
  const std::string_view said = line.substr(0, hash);
  auto words = split_words(said);
  if (words.size() < 2) {
    parts.head = said;
    parts.tail = parts.comment;
    return parts;
  }
  const auto offset = [&](std::string_view word) {
    return static_cast<std::size_t>(word.data() - line.data());
  };
  parts.head = line.substr(0, offset(words[1]));
  parts.tail = line.substr(offset(words.back()) + words.back().size());
  words.erase(words.begin());
  parts.names = std::move(words);
  return parts;
}

}  // namespace

std::vector<HostsAddress> read_hosts_file(std::string_view text) {
  std::vector<HostsAddress> all;
  for (std::string& line : split_lines(text)) {
    const Parts parts = parts_of(line);
    const auto words = split_words(parts.head);
    if (words.empty()) continue;
    const std::string address = canonical_address(words.front()).value_or(std::string(words.front()));
    auto found = std::find_if(all.begin(), all.end(),
                              [&](const HostsAddress& known) { return known.address == address; });
    if (found == all.end()) found = all.insert(all.end(), HostsAddress{address, {}, {}});
    for (const std::string_view name : parts.names) {
      if (std::find(found->names.begin(), found->names.end(), name) == found->names.end())
        found->names.emplace_back(name);
    }
    found->lines.push_back(std::move(line));
  }
  return all;
}

std::vector<std::string> hosts_lines(const std::vector<std::string>& lines, std::string_view address,
                                     const std::vector<std::string>& names) {
  const Parts first = lines.empty() ? Parts{} : parts_of(lines.front());
  std::string line(first.names.empty() ? std::string(address) + "\t" : std::string(first.head));
  for (const std::string& name : names) line += (&name == &names.front() ? "" : " ") + name;
  if (first.names.empty() && !first.tail.empty()) line += " ";
  std::vector<std::string> out{line.append(first.tail)};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const Parts parts = parts_of(lines[i]);
    if (!parts.comment.empty()) out.emplace_back(parts.comment);
  }
  return out;
}

}  // namespace hearth
