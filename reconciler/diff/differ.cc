#include "reconciler/diff/differ.h"

#include <algorithm>
#include <string>

#include "reconciler/core/canonical.h"
#include "reconciler/core/secret.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

namespace {

const Value null_value;

std::string join(const std::string& path, const std::string& field) {
  return path.empty() ? field : path + "." + field;
}

// What has no canonical form is compared as it stands: it is drift at worst, never a silent match.
std::string canonical_text(FieldSchema::Form form, const std::string& text) {
  return canonical(form, text).value_or(text);
}

// Whether two known values mean the same. Nothing unknown in here: callers look for that first.
bool same(const FieldSchema* schema, const Value& a, const Value& b) {
  if (schema == nullptr) return a == b;
  if (a.is_null() != b.is_null()) {
    const Value& other = a.is_null() ? b : a;
    return schema->absent && other == *schema->absent;
  }
  if (a.is_string() && b.is_string()) {
    return canonical_text(schema->form, a.as_string()) == canonical_text(schema->form, b.as_string());
  }
  // A size or a duration may be written as a bare number.
  if (schema->form != FieldSchema::Form::plain && a.is_string() != b.is_string()) {
    const auto text = [](const Value& value) {
      return value.is_string()    ? value.as_string()
             : value.is_integer() ? std::to_string(value.as_integer())
                                  : "";
    };
    return canonical_text(schema->form, text(a)) == canonical_text(schema->form, text(b));
  }
  if (a.is_list() && b.is_list()) {
    const List& left = a.as_list();
    const List& right = b.as_list();
    const FieldSchema* elements = schema->elements.get();
    if (left.size() != right.size()) return false;
    if (schema->list_order == FieldSchema::ListOrder::ordered) {
      return std::equal(left.begin(), left.end(), right.begin(),
                        [&](const Value& x, const Value& y) { return same(elements, x, y); });
    }
    // Sets, and lists that are maps by a key: the key is part of the element, so matching elements match keys.
    std::vector<bool> taken(right.size(), false);
    return std::all_of(left.begin(), left.end(), [&](const Value& element) {
      for (std::size_t i = 0; i < right.size(); ++i) {
        if (taken[i] || !same(elements, element, right[i])) continue;
        taken[i] = true;
        return true;
      }
      return false;
    });
  }
  if (a.is_map() && b.is_map()) {
    const auto covers = [&](const Map& left, const Map& right) {
      return std::all_of(left.begin(), left.end(), [&](const Map::Member& member) {
        const Value* other = right.find(member.key);
        return same(schema->find(member.key), member.value, other == nullptr ? null_value : *other);
      });
    };
    return covers(a.as_map(), b.as_map()) && covers(b.as_map(), a.as_map());
  }
  return a == b;
}

class Walk {
 public:
  explicit Walk(Difference& out) : out_(out) {}

  void compare(const FieldSchema& schema, const std::string& path, const Value& desired, const Value& live,
               bool exclusive) {
    if (!schema.live) return;
    if (live.is_unknown()) {
      out_.unknown.push_back({path, live.why_unknown()});
      return;
    }
    if (desired.is_secret() || schema.write_only) {
      // Nothing gives these back. Where a target lets hashes be compared, live says whether it has the declared one; else
      // what rotation means is for the journal's keyed hashes.
      if (desired.is_secret() && live.is_boolean() && !live.as_boolean()) add(schema, path, live, desired);
      return;
    }
    if (desired.is_map() && (live.is_map() || live.is_null())) {
      compare_maps(schema, path, desired.as_map(), live, exclusive);
      return;
    }
    if (same(&schema, desired, live)) return;
    add(schema, path, live, desired);
  }

  void add(const FieldSchema& schema, const std::string& path, const Value& live, const Value& desired) {
    Change change;
    change.path = path;
    change.live = live;
    change.desired = desired;
    change.write = schema.write;
    change.effect = schema.effect;
    change.secret = schema.secret;
    change.immutable = schema.immutable && !live.is_null();
    out_.changes.push_back(std::move(change));
  }

 private:
  void compare_maps(const FieldSchema& schema, const std::string& path, const Map& desired, const Value& live,
                    bool exclusive) {
    for (const auto& member : desired) {
      const FieldSchema* field = schema.find(member.key);
      if (field == nullptr) continue;  // the validator has refused such a manifest already
      const Value* value = live.find(member.key);
      compare(*field, join(path, member.key), member.value, value == nullptr ? null_value : *value,
              exclusive);
    }
    if (!exclusive || schema.entries == nullptr || !live.is_map()) return;
    for (const auto& member : live.as_map()) {
      if (desired.contains(member.key) || member.value.is_null()) continue;
      add(*schema.entries, join(path, member.key), member.value, nullptr);
    }
  }

  Difference& out_;
};

}  // namespace

Difference diff(const Resource& resource, const Live& live) {
  Difference out;
  if (live.presence == Live::Presence::unknown) return out;
  const FieldSchema& root = resource.kind->root();
  const bool absent = live.presence == Live::Presence::absent;
  Walk walk(out);
  for (const auto& member : resource.desired.as_map()) {
    const FieldSchema* field = root.find(member.key);
    if (field == nullptr || !field->live) continue;
    const std::size_t before = out.changes.size();
    const auto hide = [&] {
      if (out.changes.size() == before || !resource.hides(member.key)) return;
      for (std::size_t i = before; i < out.changes.size(); ++i) out.changes[i].secret = true;
    };
    if (absent) {
      // Known already that it cannot be had there, or not known whether it can.
      if (const Value* said = live.fields.find(member.key); said != nullptr && said->is_unknown()) {
        out.unknown.push_back({member.key, said->why_unknown()});
        continue;
      }
      // Null, a map of nulls and what equals absence are in order already: there is nothing there.
      walk.compare(*field, member.key, member.value, nullptr, false);
      hide();
      continue;
    }
    const Value* value = live.fields.find(member.key);
    if (value == nullptr) {
      out.unknown.push_back({member.key, "was not read"});
      continue;
    }
    walk.compare(*field, member.key, member.value, *value, resource.is_exclusive(member.key));
    hide();
  }
  const std::string& refresh = resource.kind->refresh();
  if (!refresh.empty() && !absent) {
    const Value* value = live.fields.find(refresh);
    const FieldSchema* field = root.find(refresh);
    static const FieldSchema plain;
    if (value != nullptr) walk.compare(field == nullptr ? plain : *field, refresh, true, *value, false);
  }
  return out;
}

Value managed_fields(const Resource& resource, const Live& live) {
  Map out;
  if (live.presence != Live::Presence::present) return out;
  const FieldSchema& root = resource.kind->root();
  for (const auto& member : resource.desired.as_map()) {
    const FieldSchema* field = root.find(member.key);
    if (field == nullptr || !field->live || field->secret) continue;
    if (resource.hides(member.key)) {
      const auto mark = live.marks.find(member.key);
      if (mark != live.marks.end()) out.set(member.key, Map{{"secretHash", mark->second}});
      continue;
    }
    const Value* value = live.fields.find(member.key);
    if (value == nullptr) continue;
    // Of an additive map only the declared entries are ours.
    if (member.value.is_map() && value->is_map() && !resource.is_exclusive(member.key)) {
      Map ours;
      for (const auto& entry : member.value.as_map()) {
        const Value* live_entry = value->find(entry.key);
        ours.set(entry.key, live_entry == nullptr ? Value() : *live_entry);
      }
      out.set(member.key, std::move(ours));
    } else {
      out.set(member.key, *value);
    }
  }
  const std::string& refresh = resource.kind->refresh();
  if (!refresh.empty()) {
    if (const Value* value = live.fields.find(refresh)) out.set(refresh, *value);
  }
  return out;
}

Resource with_defaults(const Resource& resource) {
  Resource out = resource;
  const bool secret = holds_secret(resource.desired);
  for (const FieldSchema& field : resource.kind->root().fields) {
    if (!field.default_value || out.desired.as_map().contains(field.name)) continue;
    // What holds a secret is its owner's alone unless somebody says otherwise.
    const bool closed = secret && field.form == FieldSchema::Form::mode && field.default_value->is_string();
    out.desired.as_map().set(
        field.name, closed ? Value(mode_of_owner(field.default_value->as_string())) : *field.default_value);
  }
  return out;
}

}  // namespace hearth
