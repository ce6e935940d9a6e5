#include "reconciler/manifest/settings.h"

#include <algorithm>
#include <utility>

#include "reconciler/secrets/age.h"
#include "reconciler/transport/ssh_options.h"

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
    static const std::vector<std::string> words = {"format", "cluster", "policy", "notification", "secrets"};
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
    read_policy(settings);
    read_map(document, "notification", settings.notification);
    read_secrets(document, settings.secrets);
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

  void read_policy(Settings& settings) {
    static const std::vector<std::string> words = {"proveWithin"};
    for (const auto& member : settings.policy.as_map()) {
      if (std::find(words.begin(), words.end(), member.key) != words.end()) continue;
      complain("unknown-word", member.key_position, "policy." + member.key,
               "\"" + member.key + "\" is no word of policy", did_you_mean(member.key, words));
    }
    const Value* seconds = settings.policy.find("proveWithin");
    if (seconds == nullptr) return;
    constexpr std::int64_t least = 5;  // a new connection and a login take their time
    constexpr std::int64_t most = 3600;
    if (!seconds->is_integer()) {
      complain_type(*seconds, "policy.proveWithin", "an integer",
                    "write a number of seconds: `proveWithin: 120`");
    } else if (seconds->as_integer() < least || seconds->as_integer() > most) {
      complain("bad-value", seconds->position(), "policy.proveWithin",
               std::to_string(seconds->as_integer()) + " seconds are not between " + std::to_string(least) +
                   " and " + std::to_string(most),
               "write a number of seconds: `proveWithin: 120`");
    } else {
      settings.prove_within = std::chrono::seconds(seconds->as_integer());
    }
  }

  void read_secrets(const Value& document, SecretSettings& out) {
    static const std::vector<std::string> words = {"recipients", "identity"};
    Value secrets = Map{};
    read_map(document, "secrets", secrets);
    for (const auto& member : secrets.as_map()) {
      if (std::find(words.begin(), words.end(), member.key) != words.end()) continue;
      complain("unknown-word", member.key_position, "secrets." + member.key,
               "\"" + member.key + "\" is no word of secrets", did_you_mean(member.key, words));
    }
    if (const Value* recipients = secrets.find("recipients")) {
      if (recipients->is_list()) {
        for (std::size_t i = 0; i < recipients->as_list().size(); ++i)
          read_recipient(recipients->as_list()[i], "secrets.recipients[" + std::to_string(i) + "]", out);
      } else {
        complain_type(*recipients, "secrets.recipients", "a list", "write a list of public keys: `[age1…]`");
      }
    }
    const Value* identity = secrets.find("identity");
    if (identity == nullptr) return;
    if (!identity->is_string()) return complain_type(*identity, "secrets.identity", "a string");
    const std::string& file = identity->as_string();
    // A path seen from here would be one in the repository, for all to read.
    if (!file.starts_with("/") && !file.starts_with("~/")) {
      return complain("bad-value", identity->position(), "secrets.identity",
                      "the file of the private key is to be a whole path outside of the repository",
                      "write a path that begins with / or ~/");
    }
    out.identity = expand_home(file);
  }

  void read_recipient(const Value& value, const std::string& path, SecretSettings& out) {
    if (!value.is_string()) return complain_type(value, path, "a string");
    const std::string why = why_no_recipient(value.as_string());
    if (why.empty()) return out.recipients.push_back(value.as_string());
    complain("bad-recipient", value.position(), path, why,
             "write what `age-keygen -y FILE` prints of the file with the private key (age1…), or a public "
             "SSH key: ssh-ed25519 …");
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
