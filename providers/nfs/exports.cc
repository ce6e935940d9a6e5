#include "providers/nfs/exports.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "providers/support/lines.h"
#include "providers/support/octal.h"

namespace hearth {

namespace {

using Changes = std::map<std::string, std::optional<std::vector<std::string>>>;

// exportfs keeps a client with its options in so many bytes.
constexpr std::size_t longest_client = 511;
constexpr std::size_t longest_path = 1024;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_space(char c) {
  return is_blank(c) || (c >= '\n' && c <= '\r');
}

// The file as exportfs sees it, character by character: a backslash at the end of a line, and the blanks that the next one
// begins with, are one blank.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t end_of_token() const { return end_; }
  // exportfs takes the rest of the file for part of the word: nobody means that.
  [[nodiscard]] bool is_unclosed() const { return unclosed_; }
  [[nodiscard]] char peek() const { return is_joint() ? ' ' : text_[at_]; }

  void skip() {
    if (!is_joint()) {
      ++at_;
      return;
    }
    at_ += 2;
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }

  // Over blanks, and over a comment up to the end of its line.
  void skip_blanks(bool over_lines) {
    while (!at_end()) {
      if (peek() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        if (at_end() || !over_lines) return;
      }
      if (!is_blank(peek()) && (!over_lines || peek() != '\n')) return;
      skip();
    }
  }

  std::string token() {
    std::string out;
    bool quoted = false;
    while (!at_end() && (quoted || !is_space(peek()))) {
      const char c = peek();
      skip();
      if (c == '"') {
        quoted = !quoted;
        continue;
      }
      out += c;
      const std::size_t size = out.size();
      if (size < 4 || out[size - 4] != '\\') continue;
      const std::string plain = without_octal_escapes(std::string_view(out).substr(size - 4));
      if (plain.size() == 1) out.replace(size - 4, 4, plain);
    }
    end_ = at_;
    unclosed_ = quoted;
    // What ended it is gone with it, unless it ends the line.
    if (!at_end() && peek() != '\n') skip();
    return out;
  }

 private:
  [[nodiscard]] bool is_joint() const {
    return text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool unclosed_ = false;
};

// Words where they stand in the text of one entry.
struct Token {
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct RawEntry {
  Token path;
  std::vector<Token> tokens;  // clients, and default options
  std::size_t begin = 0;      // of its first line
  std::size_t end = 0;        // of its last line, without the line's end
};

std::vector<std::string> options_in(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view option = text.substr(0, comma);
    while (!option.empty() && is_blank(option.front())) option.remove_prefix(1);
    if (!option.empty()) out.emplace_back(option);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

// The client in a token; nothing when its options are no list in parentheses that ends it.
std::optional<ExportClient> client_in(const std::string& token) {
  ExportClient client;
  const std::size_t open = token.find('(');
  client.name = token.substr(0, open);
  if (client.name.empty()) client.name = "*";
  if (open == std::string::npos) return client;
  const std::size_t close = token.find(')', open);
  if (close == std::string::npos || close + 1 != token.size()) return std::nullopt;
  client.options = options_in(std::string_view(token).substr(open + 1, close - open - 1));
  return client;
}

// All entries up to the first mistake.
std::vector<RawEntry> raw_entries(std::string_view text, std::string& trouble) {
  std::vector<RawEntry> entries;
  Reader reader(text);
  const auto complain = [&](std::size_t at, const std::string& what) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    trouble = std::to_string(line) + ": " + what;
  };
  while (trouble.empty()) {
    reader.skip_blanks(true);
    if (reader.at_end()) break;
    RawEntry entry;
    entry.path.begin = reader.at();
    const std::size_t before = text.rfind('\n', entry.path.begin);
    entry.begin = before == std::string_view::npos || entry.path.begin == 0 ? 0 : before + 1;
    entry.path.text = reader.token();
    entry.path.end = reader.end_of_token();
    if (entry.path.text.empty()) {
      complain(entry.path.begin, "a path was expected");
      break;
    }
    if (reader.is_unclosed()) complain(entry.path.begin, "a quote is never closed");
    if (entry.path.text.size() > longest_path) complain(entry.path.begin, "the path is too long");
    for (;;) {
      reader.skip_blanks(false);
      if (reader.at_end() || reader.peek() == '\n') break;
      Token token{{}, reader.at(), 0};
      token.text = reader.token();
      token.end = reader.end_of_token();
      if (reader.is_unclosed()) complain(token.begin, "a quote is never closed");
      if (token.text.empty()) continue;  // a carriage return, say
      if (token.text.size() > longest_client) complain(token.begin, "a client with its options is too long");
      entry.tokens.push_back(std::move(token));
    }
    entry.end = reader.at();
    for (const Token& token : entry.tokens) {
      if (trouble.empty() && !token.text.starts_with('-') && !client_in(token.text))
        complain(token.begin, "`" + token.text + "` is no client with options in parentheses");
    }
    if (trouble.empty()) entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<ExportClient> clients_of(const RawEntry& raw) {
  std::vector<ExportClient> clients;
  std::vector<std::string> defaults;
  bool pending = raw.tokens.empty();
  for (const Token& token : raw.tokens) {
    if (token.text.starts_with('-')) {
      for (std::string& option : options_in(std::string_view(token.text).substr(1)))
        defaults.push_back(std::move(option));
      pending = true;
      continue;
    }
    pending = false;
    ExportClient client = *client_in(token.text);
    client.options.insert(client.options.begin(), defaults.begin(), defaults.end());
    clients.push_back(std::move(client));
  }
  if (pending) clients.push_back({"*", defaults});
  return clients;
}

std::string client_text(const std::string& name, const std::vector<std::string>& options) {
  std::string out = with_octal_escapes(name, "\"#(") + "(";
  for (const std::string& option : options) out += (&option == &options.front() ? "" : ",") + option;
  return out + ")";
}

struct Pair {
  std::string_view one;
  std::string_view other;
  std::string_view usual;
};
constexpr std::array<Pair, 12> pairs = {{
    {"ro", "rw", "ro"},
    {"sync", "async", "sync"},
    {"secure", "insecure", "secure"},
    {"wdelay", "no_wdelay", "wdelay"},
    {"hide", "nohide", "hide"},
    {"nocrossmnt", "crossmnt", "nocrossmnt"},
    {"root_squash", "no_root_squash", "root_squash"},
    {"no_all_squash", "all_squash", "no_all_squash"},
    {"no_subtree_check", "subtree_check", "no_subtree_check"},
    {"secure_locks", "insecure_locks", "secure_locks"},
    {"acl", "no_acl", "acl"},
    {"no_pnfs", "pnfs", "no_pnfs"},
}};

std::string plain_option(const std::string& option) {
  if (option == "auth_nlm") return "secure_locks";
  if (option == "no_auth_nlm") return "insecure_locks";
  if (option == "mp") return "mountpoint";
  if (option.starts_with("mp=")) return "mountpoint=" + option.substr(3);
  if (option == "fsid=root") return "fsid=0";
  return option;
}

}  // namespace

ExportsFile read_exports(std::string_view text) {
  ExportsFile file;
  for (const RawEntry& raw : raw_entries(text, file.trouble)) {
    file.entries.push_back(
        {raw.path.text, clients_of(raw), split_lines(text.substr(raw.begin, raw.end - raw.begin))});
  }
  return file;
}

std::vector<std::string> canonical_export_options(const std::vector<std::string>& options) {
  // What follows a `sec=` is about that flavour only: order is meaning.
  if (std::any_of(options.begin(), options.end(), [](const std::string& option) {
        return option.starts_with("sec=") || option.starts_with("xprtsec=");
      }))
    return options;
  std::map<std::string, std::string> said;
  for (const std::string& option : options) {
    const std::string plain = plain_option(option);
    const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& each) {
      return each.one == plain || each.other == plain;
    });
    const std::string key = pair != pairs.end() ? std::string(pair->one) : plain.substr(0, plain.find('='));
    if (pair != pairs.end() && pair->usual == plain) {
      said.erase(key);
    } else {
      said[key] = plain;
    }
  }
  std::vector<std::string> out;
  for (auto& [key, option] : said) out.push_back(std::move(option));
  return out;
}

std::vector<std::string> export_lines(const ExportEntry& entry, const Changes& changes) {
  if (changes.empty()) return entry.lines;
  std::string text;
  for (const std::string& line : entry.lines) text += line + "\n";
  std::string trouble;
  const std::vector<RawEntry> raws = raw_entries(text, trouble);
  if (raws.empty()) return entry.lines;
  const RawEntry& raw = raws.front();

  std::set<std::string> there;
  bool some_left = false;
  for (const ExportClient& client : entry.clients) {
    there.insert(client.name);
    const auto change = changes.find(client.name);
    some_left = some_left || change == changes.end() || change->second;
  }
  std::string fresh;
  for (const auto& [name, options] : changes) {
    if (options && !there.contains(name)) fresh += " " + client_text(name, *options);
  }
  if (!some_left && fresh.empty()) return {};

  const bool plain = std::none_of(raw.tokens.begin(), raw.tokens.end(),
                                  [](const Token& token) { return token.text.starts_with('-'); });
  std::string out;
  if (plain && !raw.tokens.empty()) {
    std::size_t at = raw.path.end;
    out = text.substr(0, at);
    std::set<std::string> done;
    for (const Token& token : raw.tokens) {
      const ExportClient client = *client_in(token.text);
      const auto change = changes.find(client.name);
      if (change == changes.end()) {
        out += text.substr(at, token.end - at);
      } else if (change->second && done.insert(client.name).second) {
        out += text.substr(at, token.begin - at) + client_text(client.name, *change->second);
      }
      at = token.end;
    }
    out += fresh + text.substr(at);
  } else {
    // Default options bear on all that follows: each client says by itself what they gave it.
    const std::size_t end = raw.path.end;
    out = text.substr(0, end);
    std::set<std::string> done;
    for (const ExportClient& client : entry.clients) {
      const auto change = changes.find(client.name);
      if (change != changes.end() && (!change->second || !done.insert(client.name).second)) continue;
      out += " " + client_text(client.name, change == changes.end() ? client.options : *change->second);
    }
    out += fresh;
    const std::size_t last = raw.tokens.empty() ? end : raw.tokens.back().end;
    out += text.substr(last);
  }
  return split_lines(out);
}

std::string export_line(const std::string& path, const Changes& clients) {
  std::string out = with_octal_escapes(path, "\"#");
  for (const auto& [name, options] : clients) {
    if (options) out += " " + client_text(name, *options);
  }
  return out;
}

}  // namespace hearth
