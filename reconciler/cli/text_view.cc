#include "reconciler/cli/text_view.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "reconciler/cli/text_diff.h"
#include "reconciler/cli/time_text.h"
#include "reconciler/observe/target.h"

namespace hearth {

namespace {

constexpr std::size_t diff_context = 2;
constexpr std::size_t most_diff_lines = 40;      // of one field, without -v
constexpr std::size_t most_value_columns = 100;  // of one value in a line, without -v
constexpr std::size_t least_address_columns = 34;

struct Symbol {
  std::string_view text;
  Color color;
};

Symbol symbol_of(const Action& action) {
  switch (action.type) {
    case ActionType::create: return {"+", Color::green};
    case ActionType::update: return {"~", Color::yellow};
    case ActionType::remove: return {"-", Color::red};
    case ActionType::forget: return {"=", Color::dim};
  }
  return {"?", Color::plain};
}

std::string_view word_of(Note::Type type) {
  switch (type) {
    case Note::Type::unknown: return "unknown";
    case Note::Type::held: return "held";
    case Note::Type::pending: return "pending";
    case Note::Type::unmanaged: return "no longer managed";
    case Note::Type::reported: return "reported";
    case Note::Type::retained: return "no longer declared";
    case Note::Type::asleep: return "asleep";
    case Note::Type::waiting: return "waiting";
    case Note::Type::failing: return "failing";
    case Note::Type::info: return "";
  }
  return "";
}

Symbol symbol_of(Note::Type type) {
  switch (type) {
    case Note::Type::unknown:
    case Note::Type::waiting: return {"?", Color::red};
    case Note::Type::failing: return {"!", Color::red};
    case Note::Type::reported: return {"=", Color::yellow};
    case Note::Type::held:
    case Note::Type::pending:
    case Note::Type::unmanaged:
    case Note::Type::retained:
    case Note::Type::asleep:
    case Note::Type::info: return {"=", Color::dim};
  }
  return {"?", Color::plain};
}

std::string_view word_of(Cause cause) {
  switch (cause) {
    case Cause::unknown: return "";
    case Cause::intent: return "new intent";
    case Cause::drift: return "drift";
    case Cause::both: return "drift and new intent";
  }
  return "";
}

bool is_pending(const Change& change) {
  return change.write == FieldSchema::Write::pending;
}

bool waits_for_its_effect(const Action& action) {
  return std::any_of(action.changes.begin(), action.changes.end(), is_pending);
}

// `reload`, `restart, pending until reboot`, `destroy, drift`.
std::string effect_text(const Action& action) {
  if (!action.refused.empty()) return "refused: " + action.refused;
  std::vector<std::string> words;
  if (action.type == ActionType::forget) words.emplace_back("forgotten, stays as it is");
  if (waits_for_its_effect(action)) {
    // What is written natively pending disturbs nothing now: its class is felt later, so it is named with
    // "until".
    Effect now = Effect::none;
    Effect later = Effect::none;
    for (const Change& change : action.changes) {
      Effect& felt = is_pending(change) ? later : now;
      felt = std::max(felt, change.effect);
    }
    if (now != Effect::none) words.emplace_back(to_string(now));
    words.push_back(later == Effect::none ? "pending" : "pending until " + std::string(to_string(later)));
  } else if (action.effect != Effect::none) {
    words.emplace_back(to_string(action.effect));
  }
  if (const auto cause = word_of(action.cause); !cause.empty()) words.emplace_back(cause);
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

Color color_of(Effect effect) {
  switch (effect) {
    case Effect::none: return Color::plain;
    case Effect::reload: return Color::cyan;
    case Effect::restart: return Color::yellow;
    case Effect::reboot:
    case Effect::destroy: return Color::red;
  }
  return Color::plain;
}

bool is_multi_line(const Value& value) {
  return value.is_string() && value.as_string().find('\n') != std::string::npos;
}

std::string text_or_nothing(const Value& value) {
  return value.is_string() ? value.as_string() : std::string{};
}

// Texts of several lines are shown as what changes in them.
std::string text_change(const Change& change, const TextStyle& style) {
  const std::string before = text_or_nothing(change.live);
  const std::string after = text_or_nothing(change.desired);
  const auto lines = diff_lines(before, after, diff_context);
  std::string out;
  std::size_t shown = 0;
  for (const DiffLine& line : lines) {
    if (!style.verbose && shown == most_diff_lines) {
      return out + "        " +
             paint(style, Color::dim, "… " + counted(lines.size() - shown, "more line") + ": -v") + "\n";
    }
    ++shown;
    std::string mark = "  ";
    Color color = Color::plain;
    switch (line.type) {
      case DiffLine::Type::context: break;
      case DiffLine::Type::added:
        mark = "+ ";
        color = Color::green;
        break;
      case DiffLine::Type::removed:
        mark = "- ";
        color = Color::red;
        break;
      case DiffLine::Type::gap:
        out +=
            "        " + paint(style, Color::dim, "⋮ " + counted(line.skipped, "line") + " the same") + "\n";
        continue;
    }
    // Equal empty lines stay empty: spaces at the end of lines are what diffs of diffs are made of.
    if (line.type != DiffLine::Type::context || !line.text.empty()) {
      out += "        " + paint(style, color, mark + printable(line.text));
    }
    if (line.unfinished) out += paint(style, Color::dim, "  (no newline at the end)");
    out += "\n";
  }
  return out;
}

std::string shortened(const std::string& text, const TextStyle& style) {
  return style.verbose ? text : cut(text, most_value_columns);
}

// Lists too long for a line are shown as what goes and what comes.
std::string list_change(const Change& change, const TextStyle& style) {
  const auto missing_from = [](const List& here, const List& there) {
    List out;
    std::copy_if(here.begin(), here.end(), std::back_inserter(out), [&](const Value& element) {
      return std::find(there.begin(), there.end(), element) == there.end();
    });
    return out;
  };
  std::string out;
  for (const Value& gone : missing_from(change.live.as_list(), change.desired.as_list())) {
    out += "        " + paint(style, Color::red, "- " + shortened(inline_text(gone), style)) + "\n";
  }
  for (const Value& come : missing_from(change.desired.as_list(), change.live.as_list())) {
    out += "        " + paint(style, Color::green, "+ " + shortened(inline_text(come), style)) + "\n";
  }
  return out;
}

// A label with nothing behind it ends where its text ends.
std::string without_padding(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string change_text(const Change& change, std::size_t width, const TextStyle& style) {
  std::string suffix;
  if (change.immutable) suffix = paint(style, Color::red, "  cannot be changed in place");
  const std::string label = "      " + padded(printable(change.path) + ":", width + 1) + " ";
  if (change.secret) return label + "(secret, not shown)" + suffix + "\n";
  if (is_multi_line(change.live) || is_multi_line(change.desired)) {
    std::string note;
    if (change.live.is_null()) note = "(unset) →";
    if (change.desired.is_null()) note = "→ (unset)";
    return without_padding(label + note) + suffix + "\n" + text_change(change, style);
  }
  const std::string before = inline_text(change.live);
  const std::string after = inline_text(change.desired);
  if (change.live.is_list() && change.desired.is_list() &&
      columns(before) + columns(after) > most_value_columns) {
    // Same elements in another order would leave nothing to show: then the lists themselves are the news.
    if (const std::string lines = list_change(change, style); !lines.empty())
      return without_padding(label) + suffix + "\n" + lines;
  }
  return label + shortened(before, style) + " → " + shortened(after, style) + suffix + "\n";
}

// One line of the plan: symbol, address, what there is to say of it.
std::string line(const Symbol& symbol, const std::string& address, std::size_t width, const std::string& text,
                 Color color, const TextStyle& style) {
  std::string out = "  " + paint(style, symbol.color, symbol.text) + " ";
  if (text.empty()) return out + printable(address) + "\n";
  if (address.empty()) return out + paint(style, color, text) + "\n";
  return out + padded(printable(address), width) + paint(style, color, text) + "\n";
}

std::string action_text(const Action& action, std::size_t width, const TextStyle& style) {
  const Color color = action.refused.empty() ? color_of(action.effect) : Color::red;
  std::string out =
      line(symbol_of(action), action.address.to_string(), width, effect_text(action), color, style);
  // What is made anew is what the manifest says: repeating it would drown what changes. What is held against
  // a refusal matters always.
  const bool fields = action.type == ActionType::update || style.verbose || !action.refused.empty();
  if (fields) {
    std::size_t longest = 0;
    for (const Change& change : action.changes) longest = std::max(longest, columns(printable(change.path)));
    longest = std::min<std::size_t>(longest, 40);
    for (const Change& change : action.changes) out += change_text(change, longest, style);
  }
  if (!action.refused_why.empty()) {
    out += "      " + paint(style, Color::red, printable(action.refused_why)) + "\n";
    out += "      " + paint(style, Color::dim, "hearth explain " + action.refused) + "\n";
  }
  return out;
}

std::string note_text(const Note& note, std::size_t width, const TextStyle& style) {
  std::string text(word_of(note.type));
  // A note whose text names the matter already needs no heading.
  if (note.type == Note::Type::unmanaged || note.type == Note::Type::retained) text.clear();
  if (!note.text.empty()) text += (text.empty() ? "" : ": ") + printable(note.text);
  const Symbol symbol = symbol_of(note.type);
  const std::string address = note.address.name.empty() ? std::string{} : note.address.to_string();
  return line(symbol, address, width, text, symbol.color, style);
}

const HostState* missing_host(const Plan& plan, const Address& address) {
  for (const HostState& host : plan.hosts) {
    if (!host.reachable && host.name == target_of(address)) return &host;
  }
  return nullptr;
}

// Said once with its host, not once for each of its resources.
bool said_with_its_host(const Plan& plan, const Note& note) {
  return (note.type == Note::Type::unknown || note.type == Note::Type::asleep) &&
         missing_host(plan, note.address) != nullptr;
}

// What is forgotten has a note that says so, and why it stays.
bool said_by_its_note(const Plan& plan, const Action& action) {
  return action.type == ActionType::forget && action.refused.empty() &&
         std::any_of(plan.notes.begin(), plan.notes.end(), [&](const Note& note) {
           return note.type == Note::Type::retained && note.address == action.address;
         });
}

std::string hosts_text(const Plan& plan, const TextStyle& style) {
  const auto missing = static_cast<std::size_t>(std::count_if(
      plan.hosts.begin(), plan.hosts.end(), [](const HostState& host) { return !host.reachable; }));
  std::string out = paint(style, Color::bold, plan.cluster.empty() ? "Hosts" : printable(plan.cluster)) +
                    ": " + counted(plan.hosts.size(), "host");
  if (missing > 0) out += ", " + std::to_string(missing) + " not reached";
  out += "\n";
  for (const HostState& host : plan.hosts) {
    if (host.reachable) continue;
    const std::string why = host.why.empty() ? "no answer" : printable(host.why);
    out += "  " + paint(style, host.on_demand ? Color::dim : Color::red, "? " + printable(host.name)) + ": " +
           (host.on_demand ? "asleep or off, as it may be (" + why + ")" : "not reached: " + why);
    const auto unknown =
        static_cast<std::size_t>(std::count_if(plan.notes.begin(), plan.notes.end(), [&](const Note& note) {
          return said_with_its_host(plan, note) && target_of(note.address) == host.name;
        }));
    out += "; " + counted(unknown, "resource") + " unknown, nothing is planned there\n";
  }
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const auto& part : parts) out.append(out.empty() ? "" : between).append(part);
  return out;
}

std::string body(const Plan& plan, const TextStyle& style) {
  std::size_t width = least_address_columns;
  for (const Action& action : plan.actions) {
    if (!effect_text(action).empty()) width = std::max(width, columns(action.address.to_string()) + 2);
  }
  for (const Note& note : plan.notes) width = std::max(width, columns(note.address.to_string()) + 2);
  width = std::min<std::size_t>(width, 60);

  std::string out;
  const bool quiet = plan.actions.empty() && plan.notes.empty();
  const bool all_there =
      std::all_of(plan.hosts.begin(), plan.hosts.end(), [](const HostState& host) { return host.reachable; });
  if (!quiet || !all_there) out += hosts_text(plan, style);
  for (const HostState& host : plan.hosts) {
    out += armed_text(host, style);
    if (!host.leftovers.empty()) {
      out += "  " + printable(host.name) + ": what a run that died kept of " +
             counted(host.leftovers.size(), "file") + " is not needed any more; an apply drops it\n";
    }
  }
  if (!plan.history) {
    out += "  " + paint(style, Color::yellow, "The journal cannot be read") +
           ": nothing is deleted, and drift cannot be told from new intent.\n";
  }
  for (const Action& action : plan.actions) {
    if (!said_by_its_note(plan, action)) out += action_text(action, width, style);
  }
  for (const Note& note : plan.notes) {
    if (!said_with_its_host(plan, note)) out += note_text(note, width, style);
  }
  return out;
}

}  // namespace

std::string plan_summary(const Plan& plan) {
  std::array<std::size_t, 4> by_type{};
  std::array<std::size_t, 5> by_effect{};
  std::size_t refused = 0;
  std::size_t pending = 0;
  for (const Action& action : plan.actions) {
    if (!action.refused.empty()) {
      ++refused;
      continue;
    }
    ++by_type.at(static_cast<std::size_t>(action.type));
    if (waits_for_its_effect(action))
      ++pending;
    else
      ++by_effect.at(static_cast<std::size_t>(action.effect));
  }
  const auto noted = [&](Note::Type type) {
    return static_cast<std::size_t>(std::count_if(plan.notes.begin(), plan.notes.end(),
                                                  [&](const Note& note) { return note.type == type; }));
  };

  std::vector<std::string> aside;
  const auto mention = [&](std::size_t count, std::string_view what) {
    if (count > 0) aside.push_back(std::to_string(count).append(" ").append(what));
  };
  mention(by_type[static_cast<std::size_t>(ActionType::forget)], "to forget");
  mention(refused, "refused");
  mention(noted(Note::Type::held), "held");
  mention(noted(Note::Type::pending), "waiting for its effect");
  mention(noted(Note::Type::reported), "reported");
  mention(noted(Note::Type::failing), "failing");
  mention(noted(Note::Type::unknown), "unknown");
  mention(noted(Note::Type::waiting), "waiting");
  mention(noted(Note::Type::asleep), "asleep");
  const std::string tail = aside.empty() ? "" : "; " + join(aside, ", ");

  const bool certain =
      !plan.incomplete() && noted(Note::Type::reported) == 0 && noted(Note::Type::failing) == 0;
  const bool reached = std::all_of(plan.hosts.begin(), plan.hosts.end(),
                                   [](const HostState& host) { return host.reachable || host.on_demand; });
  if (plan.actions.empty() && certain && reached) {
    if (aside.empty()) {
      return "Nothing to do: " + counted(plan.resources, "resource") + " on " +
             counted(plan.hosts.size(), "host") + (plan.resources == 1 ? " is" : " are") + " as declared.";
    }
    return "Nothing to do" + tail + ".";
  }

  std::string out = "Plan: " + std::to_string(by_type[0]) + " to create, " + std::to_string(by_type[1]) +
                    " to change, " + std::to_string(by_type[2]) + " to delete" + tail + ".";
  std::vector<std::string> effects;
  for (const Effect effect : {Effect::reload, Effect::restart, Effect::reboot, Effect::destroy}) {
    const std::size_t count = by_effect.at(static_cast<std::size_t>(effect));
    if (count > 0) effects.push_back(std::to_string(count).append(" ").append(to_string(effect)));
  }
  if (pending > 0) effects.push_back(std::to_string(pending) + " pending");
  if (!effects.empty()) out += " Effects: " + join(effects, "; ") + ".";
  return out;
}

std::string armed_text(const HostState& host, const TextStyle& style) {
  std::string out;
  for (const HostState::Armed& armed : host.armed) {
    out += "  " + paint(style, Color::yellow, "An undo is armed on " + printable(host.name)) +
           ": it puts back " + printable(armed.undo.holder);
    if (armed.undo.due.count() >= 0) {
      out += " at " + local_time(armed.at) + " unless the run that armed it proves the way in before";
    } else {
      out += ", and its time is over: see journalctl -u hearth-undo-" + printable(armed.undo.id) + " there";
    }
    out += "\n";
  }
  return out;
}

std::string plan_text(const Plan& plan, const TextStyle& style) {
  return body(plan, style) + paint(style, Color::bold, plan_summary(plan)) + "\n";
}

std::string drift_text(const Plan& plan, const TextStyle& style) {
  std::string summary;
  if (plan.actions.empty()) {
    summary = plan.incomplete() ? "No drift where hearth could look."
                                : "No drift: " + counted(plan.resources, "resource") + " on " +
                                      counted(plan.hosts.size(), "host") + " looked at.";
    const auto noted = [&](Note::Type type) {
      return static_cast<std::size_t>(std::count_if(plan.notes.begin(), plan.notes.end(),
                                                    [&](const Note& note) { return note.type == type; }));
    };
    std::vector<std::string> left;
    if (const auto count = noted(Note::Type::reported); count > 0)
      left.push_back(std::to_string(count) + " reported");
    if (const auto count = noted(Note::Type::failing); count > 0)
      left.push_back(std::to_string(count) + " failing");
    if (!left.empty()) summary = "Nothing that apply would repair, but " + join(left, ", ") + ": see above.";
  } else {
    const std::size_t gone = plan.count(ActionType::create);
    summary = "Drift: " + std::to_string(plan.actions.size() - gone) + " changed, " + std::to_string(gone) +
              " gone since last applied.";
  }
  return body(plan, style) + paint(style, Color::bold, summary) + "\n";
}

std::string steps_text(const Plan& plan, const TextStyle& style) {
  std::string out;
  std::set<std::string> hosts;
  for (const Action& action : plan.actions) {
    if (action.refused.empty() && action.type != ActionType::forget) hosts.insert(target_of(action.address));
  }
  if (!hosts.empty()) {
    out += paint(style, Color::dim,
                 "Before the first step a lease is taken on " + join({hosts.begin(), hosts.end()}, ", ") +
                     "; after the last it is given back.") +
           "\n";
  }
  for (const Action& action : plan.actions) {
    if (!action.refused.empty()) continue;  // plan_text() says why
    const Symbol symbol = symbol_of(action);
    out += paint(style, symbol.color, symbol.text) + " " +
           paint(style, Color::bold, printable(action.address.to_string()));
    if (const std::string effect = effect_text(action); !effect.empty()) out += "  " + effect;
    out += "\n";
    if (!action.after.empty()) {
      std::vector<std::string> names;
      for (const std::size_t other : action.after)
        names.push_back(plan.actions.at(other).address.to_string());
      out += "    " + paint(style, Color::dim, "after " + join(names, ", ")) + "\n";
    }
    std::size_t number = 0;
    const Unit* of_unit = action.unit < plan.units.size() ? &plan.units[action.unit] : nullptr;
    if (of_unit != nullptr && of_unit->guard && &plan.actions[of_unit->actions.front()] == &action) {
      out +=
          "     " + std::to_string(++number) + "  " + printable(to_string(Operation(*of_unit->guard))) + "\n";
    }
    for (std::size_t round = 0; round < action.rounds.size(); ++round) {
      if (round > 0) out += "    " + paint(style, Color::dim, "   observe again") + "\n";
      for (const Step& step : action.rounds[round]) {
        ++number;
        const std::string label = std::to_string(number);
        out += "    " + std::string(label.size() < 2 ? 1 : 0, ' ') + label + "  " +
               printable(to_string(step.operation));
        if (step.effect != Effect::none) {
          out += "  " + paint(style, color_of(step.effect), std::string(to_string(step.effect)));
        }
        out += "\n";
        if (!style.verbose) continue;
        for (const Operation& undo : step.undo) {
          out += "        " + paint(style, Color::dim, "to go back: " + printable(to_string(undo))) + "\n";
        }
      }
    }
    // What closes a unit of work is sent when its last member has succeeded.
    if (action.unit >= plan.units.size()) continue;
    const Unit& unit = plan.units[action.unit];
    if (&plan.actions[unit.actions.back()] != &action) continue;
    for (const Operation& operation : unit.finish) {
      ++number;
      out += "    " + std::string(number < 10 ? 1 : 0, ' ') + std::to_string(number) + "  " +
             printable(to_string(operation)) + "\n";
    }
  }
  return out + paint(style, Color::bold, plan_summary(plan)) + "\n";
}

std::string diagnostics_text(const Diagnostics& diagnostics, const TextStyle& style) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const bool error = diagnostic.severity == Severity::error;
    if (diagnostic.position.known()) {
      out += paint(style, Color::bold, printable(diagnostic.position.to_string())) + ": ";
    }
    out += paint(style, error ? Color::red : Color::yellow,
                 std::string(error ? "error" : "warning") + "[" + diagnostic.rule + "]") +
           ": " + printable(diagnostic.message) + "\n";
    if (!diagnostic.path.empty()) out += "    at " + printable(diagnostic.path) + "\n";
    // Some say more than fits in a line.
    for (std::size_t begin = 0; begin < diagnostic.hint.size();) {
      const std::size_t end = std::min(diagnostic.hint.find('\n', begin), diagnostic.hint.size());
      const std::string_view hint_line = std::string_view(diagnostic.hint).substr(begin, end - begin);
      out += (begin == 0 ? "    " : "") + printable(hint_line) + "\n";
      begin = end + 1;
    }
  }
  return out;
}

}  // namespace hearth
