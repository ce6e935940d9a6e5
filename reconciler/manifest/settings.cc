#include "reconciler/manifest/settings.h"

#include <algorithm>
#include <utility>

namespace hearth {

namespace {

constexpr std::int64_t known_format = 1;

class SettingsReader {
 public:
  explicit SettingsReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Settings read(const Value& document) {
    if (document.is_unknown()) return {};
    if (!document.is_map()) {
      complain_type(document, "", "a map", "begin with `format: 1`");
      return {};
    }
    static const std::vector<std::string> words = {"format", "cluster", "policy", "notification"};
    for (const auto& member : document.as_map()) {
      if (std::find(words.begin(), words.end(), member.key) != words.end()) continue;
      std::string hint = did_you_mean(member.key, words);
      if (hint.empty()) hint = "resources are declared in other *.yaml files beside this one";
      complain("unknown-word", member.key_position, member.key,
               "\"" + member.key + "\" is no word of hearth.yaml", std::move(hint));
    }
    Settings settings;
    read_format(document, settings);
    if (const Value* cluster = document.find("cluster")) {
      if (cluster->is_string()) {
        settings.cluster = cluster->as_string();
      } else {
        complain_type(*cluster, "cluster", "a string");
      }
    }
    read_map(document, "policy", settings.policy);
    read_map(document, "notification", settings.notification);
    return settings;
  }

 private:
  void complain(std::string rule, Position position, std::string path, std::string message,
                std::string hint = {}) {
    diagnostics_.add(
        {Severity::error, std::move(rule), position, std::move(path), std::move(message), std::move(hint)});
  }

  void complain_type(const Value& value, std::string path, const std::string& expected,
                     std::string hint = {}) {
    if (value.is_unknown()) return;  // the reader of the text has complained
    complain("wrong-type", value.position(), std::move(path),
             "expected " + expected + ", found " + std::string(value.type_name()), std::move(hint));
  }

  void read_format(const Value& document, Settings& settings) {
    const Value* format = document.find("format");
    if (format == nullptr) {
      complain("settings-format", document.position(), "",
               "hearth.yaml does not say which format the manifests have", "add `format: 1`");
    } else if (!format->is_integer()) {
      complain_type(*format, "format", "an integer", "write `format: 1`");
    } else if (format->as_integer() != known_format) {
      complain("settings-format", format->position(), "format",
               "format " + std::to_string(format->as_integer()) +
                   " is not known to this hearth, which reads format 1",
               "install the hearth that these manifests are written for");
    } else {
      settings.format = format->as_integer();
    }
  }

  void read_map(const Value& document, const char* word, Value& out) {
    const Value* value = document.find(word);
    if (value == nullptr) return;
    if (!value->is_map()) return complain_type(*value, word, "a map");
    out = *value;
  }

  Diagnostics& diagnostics_;
};

}  // namespace

Settings read_settings(const std::vector<Value>& documents, const std::string& file,
                       Diagnostics& diagnostics) {
  if (documents.empty()) {
    // Where the text could not be read at all, that has been said.
    if (!diagnostics.has_errors()) {
      diagnostics.add({Severity::error,
                       "settings-format",
                       {intern_file_name(file), 1, 1},
                       "",
                       "hearth.yaml is empty",
                       "add `format: 1`"});
    }
    return {};
  }
  if (documents.size() > 1) {
    diagnostics.add({Severity::error, "settings-documents", documents[1].position(), "",
                     "hearth.yaml holds more than one document",
                     "put resources into other *.yaml files beside it"});
  }
  return SettingsReader(diagnostics).read(documents.front());
}

}  // namespace hearth
