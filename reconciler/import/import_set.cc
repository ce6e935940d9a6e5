#include "reconciler/import/import_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "reconciler/core/canonical.h"
#include "reconciler/core/json.h"
#include "reconciler/core/utf8.h"
#include "reconciler/import/secrets.h"
#include "reconciler/manifest/claims.h"
#include "reconciler/manifest/kind_schema.h"
#include "reconciler/manifest/manifest.h"
#include "reconciler/manifest/spec_check.h"
#include "reconciler/manifest/yaml_writer.h"

namespace hearth {

namespace {

constexpr std::string_view opening = "${host.";
constexpr std::string_view file_prefix = "import/";  // of manifests that are only read here

// A comment is one line, whatever a host made of its names.
std::string one_line(std::string_view text) {
  const std::string quoted = quote(text, 400);
  return quoted.size() == text.size() + 2 ? std::string(text) : quoted;
}

void escape_host_text(Value& value) {
  if (value.is_string()) {
    const std::string& text = value.as_string();
    std::string out;
    std::size_t done = 0;
    for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, done)) {
      out.append(text, done, at - done).append("$").append(opening);
      done = at + opening.size();
    }
    if (done > 0) value = out.append(text, done);
  } else if (value.is_list()) {
    for (Value& element : value.as_list()) escape_host_text(element);
  } else if (value.is_map()) {
    for (auto& [key, position, member] : value.as_map()) escape_host_text(member);
  }
}

// The kinds that take anything that lies at a path come last: whoever knows more about a thing declares it.
bool is_general(const KindSchema& kind) {
  return kind.claims().size() == 1 && kind.claims().front().space == "path" &&
         kind.claims().front().text == "{path}";
}

std::vector<Claim> claims_of(const KindSchema& kind, const std::string& host, const std::string& name,
                             const Value& spec) {
  Resource resource;
  resource.kind = &kind;
  resource.address = {kind.kind(), name, host};
  resource.desired = spec;
  apply_name_defaults(resource.desired, kind, name, {});
  return claims_of(resource);
}

std::string key_of(const Claim& claim) {
  return claim.space + "\n" + claim.host + "\n" + claim.id;
}

// Identity that the name stood for has to be said once the thing is called otherwise.
void keep_identity(Imported& thing, const std::string& name) {
  Value with_defaults = thing.spec;
  apply_name_defaults(with_defaults, *thing.kind, thing.name, {});
  if (name != thing.name) {
    for (const std::string& field : thing.kind->identity()) {
      if (const Value* value = with_defaults.find(field)) thing.spec.as_map().set(field, *value);
    }
  }
  thing.name = name;
}

bool is_required(const KindSchema& kind, const std::string& name) {
  const FieldSchema* field = kind.root().find(name);
  if (field != nullptr && field->required) return true;
  return std::find(kind.identity().begin(), kind.identity().end(), name) != kind.identity().end();
}

// `CronJob` → `cron-job.yaml`
std::string file_name(const std::string& kind) {
  std::string out;
  for (const char c : kind) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !out.empty()) out += '-';
    out += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out + ".yaml";
}

// Entries of maps that the schema refuses (a drop-in whose file has an odd name) need not take the rest with them.
void drop_bad_entries(Imported& thing) {
  const auto mistakes = [&](const Value& spec) { return thing.kind->validate(spec).all().size(); };
  std::size_t wrong = mistakes(thing.spec);
  if (wrong == 0) return;
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [field, position, value] : thing.spec.as_map()) {
    if (!value.is_map()) continue;
    for (const auto& member : value.as_map()) entries.emplace_back(field, member.key);
  }
  for (const auto& [field, key] : entries) {
    Value without = thing.spec;
    without.find(field)->as_map().erase(key);
    const std::size_t left = mistakes(without);
    if (left >= wrong) continue;
    wrong = left;
    if (without.find(field)->as_map().empty()) without.as_map().erase(field);
    thing.spec = std::move(without);
    thing.comments.push_back(field + "." + key + " is left out: no manifest can hold that name");
  }
}

// ---- Names ----------------------------------------------------------------------------------------------------------

// Gives each claim a name of its own within its kind.
class Names {
 public:
  explicit Names(const ManifestSet& declared) {
    for (const Resource& resource : declared.resources)
      used_.insert({resource.address.kind, resource.address.name});
  }

  std::string name_for(const Imported& thing) {
    const auto key = std::make_pair(thing.kind->kind(), thing.claim);
    if (const auto known = given_.find(key); known != given_.end()) return known->second;
    const std::string wish = is_name(thing.name) ? thing.name : "unnamed";
    std::string name = wish;
    for (int i = 2; !used_.insert({thing.kind->kind(), name}).second; ++i)
      name = wish + "-" + std::to_string(i);
    given_.emplace(key, name);
    return name;
  }

 private:
  std::set<std::pair<std::string, std::string>> used_;
  std::map<std::pair<std::string, std::string>, std::string> given_;
};

// ---- Layout ---------------------------------------------------------------------------------------------------------

// One document to be: the same thing, on hosts that say it alike or nearly so.
struct Sheet {
  const KindSchema* kind = nullptr;
  std::string name;
  std::vector<std::string> hosts;
  Map spec;
  Map per_host;
  std::vector<std::string> comments;
};

bool is_short(const Value& value) {
  if (value.is_map() || value.is_list()) return false;
  return !value.is_string() ||
         (value.as_string().size() <= 80 && value.as_string().find('\n') == std::string::npos);
}

// What all of THINGS (one thing on several hosts) say, and what each says besides. Nothing where the differences are
// more than a few words: then each is a document of its own.
std::optional<Sheet> folded(const std::vector<const Imported*>& things) {
  Sheet sheet;
  std::vector<std::string> fields;
  for (const Imported* thing : things) {
    for (const auto& member : thing->spec.as_map()) {
      if (std::find(fields.begin(), fields.end(), member.key) == fields.end()) fields.push_back(member.key);
    }
  }
  std::map<std::string, Map> others;
  for (const std::string& field : fields) {
    // The most frequent value, the first of them where several are.
    const Value* common = nullptr;
    std::size_t most = 0;
    bool everywhere = true;
    for (const Imported* thing : things) {
      const Value* value = thing->spec.find(field);
      everywhere = everywhere && value != nullptr;
      if (value == nullptr) continue;
      const auto count =
          static_cast<std::size_t>(std::count_if(things.begin(), things.end(), [&](const Imported* other) {
            const Value* same = other->spec.find(field);
            return same != nullptr && *same == *value;
          }));
      if (count > most) {
        most = count;
        common = value;
      }
    }
    const bool all_equal = everywhere && most == things.size();
    if (all_equal) {
      sheet.spec.set(field, *common);
      continue;
    }
    if (is_required(*things.front()->kind, field)) return std::nullopt;
    for (const Imported* thing : things) {
      const Value* value = thing->spec.find(field);
      if (value == nullptr) continue;
      if (!is_short(*value)) return std::nullopt;
      if (everywhere && *value == *common) continue;
      others[thing->host].set(field, *value);
    }
    if (everywhere) sheet.spec.set(field, *common);
  }
  sheet.kind = things.front()->kind;
  sheet.name = things.front()->name;
  for (const Imported* thing : things) {
    sheet.hosts.push_back(thing->host);
    if (const auto other = others.find(thing->host); other != others.end())
      sheet.per_host.set(thing->host, other->second);
    for (const std::string& comment : thing->comments) {
      if (std::find(sheet.comments.begin(), sheet.comments.end(), comment) == sheet.comments.end())
        sheet.comments.push_back(comment);
    }
  }
  return sheet;
}

std::vector<Sheet> sheets_of(const std::vector<const Imported*>& things) {
  if (auto one = folded(things)) return {*std::move(one)};
  std::vector<Sheet> sheets;
  std::vector<std::vector<const Imported*>> alike;
  for (const Imported* thing : things) {
    const auto same = std::find_if(alike.begin(), alike.end(), [&](const auto& group) {
      return to_json(group.front()->spec) == to_json(thing->spec);
    });
    if (same == alike.end()) {
      alike.push_back({thing});
    } else {
      same->push_back(thing);
    }
  }
  for (const auto& group : alike) sheets.push_back(*folded(group));
  return sheets;
}

// Short fields that all of SHEETS say alike move from them to the result.
Map hoisted(std::vector<Sheet*>& sheets) {
  Map common;
  const Map first = sheets.front()->spec;
  for (const auto& [key, position, value] : first) {
    if (!is_short(value) || is_required(*sheets.front()->kind, key)) continue;
    const bool same =
        std::all_of(sheets.begin(), sheets.end(), [&, &name = key, &wanted = value](const Sheet* sheet) {
          const Value* own = sheet->spec.find(name);
          return own != nullptr && *own == wanted;
        });
    if (!same) continue;
    common.set(key, value);
    for (Sheet* sheet : sheets) sheet->spec.erase(key);
  }
  return common;
}

Value list_of(const std::vector<std::string>& words) {
  return List(words.begin(), words.end());
}

std::string comment_lines(const std::string& name, const std::vector<std::string>& comments) {
  std::string out;
  for (const std::string& comment : comments) out += "# " + one_line(name + ": " + comment) + "\n";
  return out;
}

std::string single(const Sheet& sheet) {
  Map document{{"kind", sheet.kind->kind()}, {"name", sheet.name}, {"hosts", list_of(sheet.hosts)}};
  if (!sheet.per_host.empty()) document.set("perHost", sheet.per_host);
  document.set("spec", sheet.spec);
  return comment_lines(sheet.name, sheet.comments) + write_yaml(document);
}

std::string several(std::vector<Sheet*> sheets) {
  Map document{{"kind", sheets.front()->kind->kind()}, {"hosts", list_of(sheets.front()->hosts)}};
  std::string comments;
  for (const Sheet* sheet : sheets) comments += comment_lines(sheet->name, sheet->comments);
  if (Map common = hoisted(sheets); !common.empty()) document.set("spec", std::move(common));
  Map items;
  for (const Sheet* sheet : sheets) items.set(sheet->name, sheet->spec);
  document.set("items", std::move(items));
  return comments + write_yaml(document);
}

std::string documents_of(std::vector<Sheet> sheets) {
  std::string out;
  std::set<const Sheet*> written;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "---\n") + text; };
  for (Sheet& sheet : sheets) {
    if (written.contains(&sheet)) continue;
    std::vector<Sheet*> alike;
    for (Sheet& other : sheets) {
      if (other.hosts == sheet.hosts && other.per_host.empty() && sheet.per_host.empty())
        alike.push_back(&other);
    }
    if (alike.size() < 2) {
      add(single(sheet));
      continue;
    }
    written.insert(alike.begin(), alike.end());
    add(several(alike));
  }
  return out;
}

}  // namespace

Address Imported::address() const {
  return {kind->kind(), name, host};
}

ImportSet choose(const Discovery& discovery, const ManifestSet& declared) {
  ImportSet set;
  std::unordered_map<std::string, std::string> holders;  // who declares a claim, "" for what is imported here
  for (const Resource& resource : declared.resources) {
    for (const Claim& claim : resource.claims) holders.emplace(key_of(claim), resource.address.to_string());
  }
  std::vector<const Discovery::Thing*> order;
  for (const Discovery::Thing& thing : discovery.things) order.push_back(&thing);
  std::stable_sort(order.begin(), order.end(), [](const Discovery::Thing* a, const Discovery::Thing* b) {
    return is_general(*a->kind) < is_general(*b->kind);
  });
  for (const Discovery::Thing* thing : order) {
    const Found& found = thing->found;
    if (!found.owner.empty()) continue;
    if (!found.spec.is_map()) {
      if (!found.remark.empty())
        set.left_out.push_back({thing->kind->kind(), found.name, thing->host, found.remark});
      continue;
    }
    Imported one{thing->kind, found.name, thing->host, found.spec, {}, {}};
    const std::vector<Claim> claims = claims_of(*thing->kind, thing->host, found.name, found.spec);
    one.claim = claims.empty() ? found.name : claims.front().space + "\n" + claims.front().id;
    if (!claims.empty() && holders.contains(key_of(claims.front()))) continue;  // declared, or known better
    const auto held = std::find_if(claims.begin(), claims.end(),
                                   [&](const Claim& claim) { return holders.contains(key_of(claim)); });
    if (held != claims.end()) {
      const std::string& holder = holders.at(key_of(*held));
      set.left_out.push_back({thing->kind->kind(), found.name, thing->host,
                              held->id + " belongs to " + (holder.empty() ? "something else here" : holder)});
      continue;
    }
    for (const Claim& claim : claims) holders.emplace(key_of(claim), "");
    if (!found.remark.empty()) one.comments.push_back(found.remark);
    for (std::string& taken : take_secrets(one.spec)) one.comments.push_back(std::move(taken));
    drop_bad_entries(one);
    escape_host_text(one.spec);
    set.things.push_back(std::move(one));
  }
  // By what they are and not by how they were found: an import of the same world reads the same.
  std::stable_sort(set.things.begin(), set.things.end(), [](const Imported& a, const Imported& b) {
    return std::tie(a.kind->kind(), a.name, a.claim) < std::tie(b.kind->kind(), b.name, b.claim);
  });
  Names names(declared);
  for (Imported& thing : set.things) keep_identity(thing, names.name_for(thing));
  for (const Imported& thing : set.things) {
    for (const std::string& comment : thing.comments)
      set.left_out.push_back({thing.kind->kind(), thing.name, thing.host, comment});
  }
  return set;
}

std::string manifest_of(const Imported& thing) {
  return write_yaml(Map{
      {"kind", thing.kind->kind()}, {"name", thing.name}, {"hosts", List{thing.host}}, {"spec", thing.spec}});
}

std::vector<ImportFile> lay_out(const ImportSet& set, const std::vector<Host>& hosts) {
  std::map<std::string, std::size_t> rank;
  for (const Host& host : hosts) rank.emplace(host.name, rank.size());
  // By kind, then by name; both in order.
  std::map<std::string, std::map<std::string, std::vector<const Imported*>>> kinds;
  for (const Imported& thing : set.things) kinds[thing.kind->kind()][thing.name].push_back(&thing);
  std::vector<ImportFile> files;
  for (auto& [kind, names] : kinds) {
    std::vector<Sheet> sheets;
    for (auto& [name, things] : names) {
      std::stable_sort(things.begin(), things.end(),
                       [&](const Imported* a, const Imported* b) { return rank[a->host] < rank[b->host]; });
      for (Sheet& sheet : sheets_of(things)) sheets.push_back(std::move(sheet));
    }
    std::string text =
        "# Written by `hearth import`: what was there and no manifest declared. Look it over.\n";
    std::set<std::string> said;
    for (const LeftOut& left : set.left_out) {
      if (left.kind != kind) continue;
      // What is declared in part says so itself.
      const bool here = std::any_of(set.things.begin(), set.things.end(), [&](const Imported& thing) {
        return thing.kind->kind() == kind && thing.name == left.name && thing.host == left.host;
      });
      if (here) continue;
      const std::string line =
          "# Not declared: " + one_line(left.name + " on " + left.host + ": " + left.why) + "\n";
      if (said.insert(line).second) text += line;
    }
    files.push_back({file_name(kind), kind, text + documents_of(std::move(sheets))});
  }
  return files;
}

ManifestSet with_files(std::vector<std::pair<std::string, std::string>> folder,
                       const std::vector<std::pair<std::string, std::string>>& files,
                       const std::vector<Host>& hosts, const SchemaRegistry& schemas) {
  for (const auto& [name, text] : files) folder.emplace_back(std::string(file_prefix) + name, text);
  ManifestSet set = load_manifest_texts(folder, schemas);
  set.hosts = hosts;
  return set;
}

Result<ManifestSet> make_sound(ImportSet& set, const std::vector<std::pair<std::string, std::string>>& folder,
                               const std::vector<Host>& hosts, const SchemaRegistry& schemas) {
  for (;;) {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::size_t i = 0; i < set.things.size(); ++i)
      files.emplace_back(std::to_string(i) + ".yaml", manifest_of(set.things[i]));
    ManifestSet all = with_files(folder, files, hosts, schemas);
    if (all.complete) return all;
    std::map<std::size_t, std::string> bad;
    std::optional<Diagnostic> other;
    for (const Diagnostic& diagnostic : all.diagnostics.all()) {
      if (diagnostic.severity != Severity::error) continue;
      const std::string file = diagnostic.position.known() ? std::string(*diagnostic.position.file) : "";
      if (!file.starts_with(file_prefix)) {
        other = diagnostic;
        continue;
      }
      bad.emplace(std::stoul(file.substr(file_prefix.size())),
                  diagnostic.message + (diagnostic.path.empty() ? "" : " (" + diagnostic.path + ")"));
    }
    if (bad.empty()) return tl::unexpected(*other);
    std::vector<Imported> good;
    for (std::size_t i = 0; i < set.things.size(); ++i) {
      Imported& thing = set.things[i];
      if (const auto why = bad.find(i); why != bad.end()) {
        set.left_out.push_back({thing.kind->kind(), thing.name, thing.host, why->second});
      } else {
        good.push_back(std::move(thing));
      }
    }
    set.things = std::move(good);
  }
}

bool drop_what_differs(ImportSet& set, const Plan& plan) {
  std::map<Address, std::string> gone;
  std::map<Address, std::set<std::string>> fields;
  for (const Note& note : plan.notes) {
    switch (note.type) {
      case Note::Type::unknown:
      case Note::Type::reported:
      case Note::Type::failing:
      case Note::Type::waiting: gone.emplace(note.address, note.text); break;
      case Note::Type::held:
      case Note::Type::pending:
      case Note::Type::unmanaged:
      case Note::Type::retained:
      case Note::Type::asleep:
      case Note::Type::info: break;
    }
  }
  for (const Action& action : plan.actions) {
    if (action.type != ActionType::update) {
      gone.emplace(action.address, "it was gone a moment later");
      continue;
    }
    for (const Change& change : action.changes)
      fields[action.address].insert(change.path.substr(0, change.path.find_first_of(".[")));
    if (!action.refused.empty() && action.changes.empty()) gone.emplace(action.address, action.refused_why);
  }
  bool any = false;
  std::vector<Imported> kept;
  for (Imported& thing : set.things) {
    const auto leave_out = [&](const std::string& why) {
      any = true;
      set.left_out.push_back({thing.kind->kind(), thing.name, thing.host, why});
    };
    if (const auto why = gone.find(thing.address()); why != gone.end()) {
      leave_out(why->second);
      continue;
    }
    bool whole = false;
    if (const auto differing = fields.find(thing.address()); differing != fields.end()) {
      for (const std::string& field : differing->second) {
        if (field == thing.kind->refresh()) {
          whole = true;
          leave_out(
              "it runs on a configuration older than what lies on the disk: reload systemd (systemctl "
              "daemon-reload), restart it, then import again");
        } else if (is_required(*thing.kind, field) || thing.spec.find(field) == nullptr) {
          whole = true;
          leave_out("a plan would change its " + field + " right away");
        } else {
          thing.spec.as_map().erase(field);
          thing.comments.push_back(field + " is left out: a plan would change it right away");
          leave_out(thing.comments.back());
        }
        if (whole) break;
      }
    }
    if (!whole) kept.push_back(std::move(thing));
  }
  set.things = std::move(kept);
  return any;
}

}  // namespace hearth
