#include "reconciler/manifest/settings.h"

#include <algorithm>
#include <utility>

#include "reconciler/core/address.h"
#include "reconciler/core/effect.h"
#include "reconciler/core/time_span.h"
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
    check_words(settings.policy, "policy", {"proveWithin", "reconcile"});
    if (const Value* reconcile = settings.policy.find("reconcile"))
      read_reconcile(*reconcile, settings.reconcile);
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
    check_words(secrets, "secrets", words);
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

  void check_words(const Value& map, const std::string& path, const std::vector<std::string>& words) {
    for (const auto& member : map.as_map()) {
      if (std::find(words.begin(), words.end(), member.key) != words.end()) continue;
      complain("unknown-word", member.key_position, path + "." + member.key,
               "\"" + member.key + "\" is no word of " + path, did_you_mean(member.key, words));
    }
  }

  void read_reconcile(const Value& value, ReconcilePolicy& policy) {
    const std::string path = "policy.reconcile";
    if (!value.is_map()) return complain_type(value, path, "a map", "such as `reconcile: {allow: restart}`");
    check_words(value, path, {"allow", "drift", "intent", "flapping", "alertAfter"});
    if (const Value* allow = value.find("allow")) read_allow(*allow, policy);
    read_choice(value, path, "drift", "correct", policy.correct_drift);
    read_choice(value, path, "intent", "apply", policy.apply_intent);
    read_span(value, path, "alertAfter", policy.alert_after);
    const Value* flapping = value.find("flapping");
    if (flapping == nullptr) return;
    if (!flapping->is_map()) {
      return complain_type(*flapping, path + ".flapping", "a map",
                           "write `flapping: {corrections: 3, within: 24h}`");
    }
    check_words(*flapping, path + ".flapping", {"corrections", "within"});
    read_span(*flapping, path + ".flapping", "within", policy.flapping_within);
    const Value* corrections = flapping->find("corrections");
    if (corrections == nullptr) return;
    constexpr std::int64_t most = 1000;
    if (!corrections->is_integer()) {
      complain_type(*corrections, path + ".flapping.corrections", "an integer");
    } else if (corrections->as_integer() < 1 || corrections->as_integer() > most) {
      complain("bad-value", corrections->position(), path + ".flapping.corrections",
               std::to_string(corrections->as_integer()) + " is not between 1 and " + std::to_string(most));
    } else {
      policy.flapping_corrections = static_cast<std::size_t>(corrections->as_integer());
    }
  }

  // `allow: restart`, or a list of what `--allow` takes.
  void read_allow(const Value& value, ReconcilePolicy& policy) {
    const std::string path = "policy.reconcile.allow";
    List entries;
    if (value.is_list()) {
      entries = value.as_list();
    } else {
      entries.push_back(value);
    }
    std::vector<std::string> allow;
    for (const Value& entry : entries) {
      if (!entry.is_string()) {
        complain_type(entry, path, "a class",
                      "write `allow: reload`, or a list such as `[reload, restart=Service]`");
        continue;
      }
      if (check_allow(entry, path)) allow.push_back(entry.as_string());
    }
    policy.allow = std::move(allow);
  }

  bool check_allow(const Value& entry, const std::string& path) {
    const std::string& text = entry.as_string();
    const auto equals = text.find('=');
    if (const std::string word = text.substr(0, equals); !parse_effect(word)) {
      const std::string nearest = did_you_mean(word, {"none", "reload", "restart", "reboot", "destroy"});
      complain("bad-allow", entry.position(), path, "\"" + word + "\" is no class",
               nearest.empty() ? "classes are none, reload, restart, reboot, destroy" : nearest);
      return false;
    }
    for (std::size_t begin = equals; begin < text.size();) {
      const auto comma = std::min(text.find(',', begin + 1), text.size());
      const std::string pattern = text.substr(begin + 1, comma - begin - 1);
      const bool address = pattern.find_first_of("/@") != std::string::npos;
      if (pattern.empty() || (address && !Address::parse(pattern))) {
        complain("bad-address", entry.position(), path, "\"" + pattern + "\" is no address",
                 "write Kind/name@host, Kind/name, or Kind alone; * stands for any");
        return false;
      }
      begin = comma;
    }
    return true;
  }

  // WORD is YES (which sets OUT) or `report` (which clears it).
  void read_choice(const Value& map, const std::string& path, const char* word, const std::string& yes,
                   bool& out) {
    const Value* value = map.find(word);
    if (value == nullptr) return;
    if (value->is_string() && (value->as_string() == yes || value->as_string() == "report")) {
      out = value->as_string() == yes;
      return;
    }
    complain("bad-value", value->position(), path + "." + word, "expected `" + yes + "` or `report`",
             value->is_string() ? did_you_mean(value->as_string(), {yes, "report"}) : "");
  }

  void read_span(const Value& map, const std::string& path, const char* word, std::chrono::seconds& out) {
    const Value* value = map.find(word);
    if (value == nullptr) return;
    const auto span = value->is_string() ? parse_time_span(value->as_string()) : std::nullopt;
    if (span) {
      out = *span;
    } else {
      complain("bad-value", value->position(), path + "." + word, "expected a span of time",
               "write a number with its unit, such as 90m, 24h or 2d");
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
