#include "reconciler/manifest/host_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "reconciler/manifest/manifest.h"

namespace hearth {

namespace {

constexpr std::string_view opening = "${host.";
constexpr std::string_view literal = "$${host.";

bool mentions(std::string_view text) {
  return text.find(opening) != std::string_view::npos;
}

// A mention that `$$` does not make a literal.
bool mentions_unescaped(std::string_view text) {
  for (auto at = text.find(opening); at != std::string_view::npos;
       at = text.find(opening, at + opening.size())) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

class Replacer {
 public:
  Replacer(const HostTextSource& source, FanOutReport& report, Diagnostics& diagnostics)
      : source_(source), report_(report), diagnostics_(diagnostics) {}

  // PATH is grown and shrunk on the way: most values have nothing to say and need no path of their own.
  void walk(Value& value, std::string& path) {
    const std::size_t length = path.size();
    if (value.is_string()) {
      if (mentions(value.as_string())) replace(value, path);
    } else if (value.is_secret()) {
      if (mentions_unescaped(value.as_secret().name))
        complain_place(value.position(), path, "the name of a secret");
    } else if (value.is_list()) {
      auto& list = value.as_list();
      for (std::size_t i = 0; i < list.size(); ++i) {
        path += "[" + std::to_string(i) + "]";
        walk(list[i], path);
        path.resize(length);
      }
    } else if (value.is_map()) {
      for (auto& member : value.as_map()) {
        path += "." + member.key;
        if (mentions_unescaped(member.key)) complain_place(member.key_position, path, "a key");
        walk(member.value, path);
        path.resize(length);
      }
    }
  }

  [[nodiscard]] bool good() const { return good_; }

 private:
  void complain(std::string rule, Position position, const std::string& path, std::string message,
                std::string hint) {
    good_ = false;
    diagnostics_.add({Severity::error, std::move(rule), position, path, std::move(message), std::move(hint)});
  }

  void complain_place(Position position, const std::string& path, const std::string& place) {
    complain("host-text-place", position, path, "`${host.…}` is replaced in values only, this is " + place,
             "write it out for each host, with perHost");
  }

  void replace(Value& value, const std::string& path) {
    const std::string& text = value.as_string();
    std::string out;
    std::size_t done = 0;  // everything before it has been dealt with, and is never looked at again
    for (;;) {
      const auto at = text.find(opening, done);
      if (at == std::string::npos) break;
      if (at > done && text[at - 1] == '$') {  // `$${host.`: the literal
        out.append(text, done, at - 1 - done);
        out += opening;
        done = at + opening.size();
        continue;
      }
      out.append(text, done, at - done);
      const auto start = at + opening.size();
      const auto end = text.find('}', start);
      const std::string field = text.substr(start, end == std::string::npos ? end : end - start);
      if (end == std::string::npos || !is_name(field)) {
        return complain("host-text-form", value.position(), path,
                        "`${host.` is not followed by a field and `}`",
                        "write ${host.FIELD}, or " + std::string(literal) + " for the characters themselves");
      }
      if (source_.host == nullptr) {
        return complain(
            "cluster-scope", value.position(), path,
            std::string(source_.kind) + " belongs to the cluster, there is no host for ${host." + field + "}",
            "write the value out, or " + std::string(literal) + " for the characters themselves");
      }
      auto replacement = look_up(field, value.position(), path);
      if (replacement) out += *replacement;  // else go on: one text may have several mistakes
      done = end + 1;
    }
    out.append(text, done);
    const Position position = value.position();
    value = std::move(out);
    value.set_position(position);
  }

  std::optional<std::string> look_up(const std::string& field, Position position, const std::string& path) {
    const Value* declared = source_.host->fields.find(field);
    if (declared == nullptr && field == "name") return source_.host->name;
    const FieldSchema* schema =
        source_.node_schema == nullptr ? nullptr : source_.node_schema->root().find(field);
    // What is left out acts as its default: port 22 is the port that is used.
    if (declared == nullptr && schema != nullptr && schema->default_value) declared = &*schema->default_value;
    if (declared == nullptr && schema == nullptr) {
      complain("unknown-host-field", position, path, "a Node has no field \"" + field + "\"",
               suggestion(field));
      return std::nullopt;
    }
    if (declared == nullptr || declared->is_null()) {
      good_ = false;
      report_.add({Severity::error, "unknown-host-field", position, path, "\"" + field + "\" is not declared",
                   "add `" + field + "` to the Node, or leave it out of `hosts`"},
                  source_.host->name);
      return std::nullopt;
    }
    auto text = scalar_text(*declared);
    if (!text) {
      complain("host-field-not-scalar", position, path,
               "\"" + field + "\" of a Node is " + std::string(declared->type_name()) +
                   ": only strings, numbers and booleans can be put into text",
               suggestion(field));
    }
    return text;
  }

  [[nodiscard]] std::string suggestion(const std::string& field) const {
    std::vector<std::string> known = {"name"};
    if (source_.node_schema != nullptr) {
      for (const auto& candidate : source_.node_schema->root().fields) known.push_back(candidate.name);
    }
    std::erase(known, field);
    std::string hint = did_you_mean(field, known);
    return hint.empty() ? "`hearth explain Node` lists the fields" : hint;
  }

  const HostTextSource& source_;
  FanOutReport& report_;
  Diagnostics& diagnostics_;
  bool good_ = true;
};

}  // namespace

bool mentions_host(const Value& value) {
  if (value.is_string()) return mentions(value.as_string());
  if (value.is_secret()) return mentions(value.as_secret().name);
  if (value.is_list()) return std::any_of(value.as_list().begin(), value.as_list().end(), mentions_host);
  if (!value.is_map()) return false;
  const auto& map = value.as_map();
  return std::any_of(map.begin(), map.end(), [](const Map::Member& member) {
    return mentions(member.key) || mentions_host(member.value);
  });
}

bool replace_host_text(Value& spec, const HostTextSource& source, const std::string& path,
                       FanOutReport& report, Diagnostics& diagnostics) {
  Replacer replacer(source, report, diagnostics);
  std::string here = path;
  replacer.walk(spec, here);
  return replacer.good();
}

}  // namespace hearth
