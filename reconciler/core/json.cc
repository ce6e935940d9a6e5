#include "reconciler/core/json.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace hearth {

namespace {

using Ordered = nlohmann::ordered_json;
using Sorted = nlohmann::json;

// Deeper than anything that means something; every level costs stack.
constexpr std::size_t most_levels = 512;
constexpr std::string_view too_deep = "nested too deeply";

template <typename Json>
Json convert(const Value& value, std::size_t depth = 0) {
  const bool nests = value.type() == Value::Type::list || value.type() == Value::Type::map;
  if (nests && depth == most_levels) return Json{{"unknown", too_deep}};
  switch (value.type()) {
    case Value::Type::null: return nullptr;
    case Value::Type::boolean: return value.as_boolean();
    case Value::Type::integer: return value.as_integer();
    case Value::Type::real: return value.as_number();
    case Value::Type::string: return value.as_string();
    case Value::Type::list: {
      Json out = Json::array();
      for (const auto& element : value.as_list()) out.push_back(convert<Json>(element, depth + 1));
      return out;
    }
    case Value::Type::map: {
      Json out = Json::object();
      for (const auto& member : value.as_map()) out[member.key] = convert<Json>(member.value, depth + 1);
      return out;
    }
    case Value::Type::secret: return Json{{"secret", value.as_secret().name}};
    case Value::Type::unknown: return Json{{"unknown", value.why_unknown()}};
  }
  return nullptr;
}

Value convert_back(const Ordered& json) {
  switch (json.type()) {
    case Ordered::value_t::boolean: return json.get<bool>();
    case Ordered::value_t::number_integer: return json.get<std::int64_t>();
    case Ordered::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return number;
      return static_cast<double>(number);
    }
    case Ordered::value_t::number_float: return json.get<double>();
    case Ordered::value_t::string: return json.get<std::string>();
    case Ordered::value_t::array: {
      List list;
      list.reserve(json.size());
      for (const auto& element : json) list.push_back(convert_back(element));
      return list;
    }
    case Ordered::value_t::object: {
      Map map;
      for (const auto& [key, member] : json.items()) map.set(key, convert_back(member));
      return map;
    }
    case Ordered::value_t::null:
    case Ordered::value_t::binary:
    case Ordered::value_t::discarded: return nullptr;
  }
  return nullptr;
}

struct TooDeep {};

}  // namespace

std::string to_json(const Value& value, bool pretty) {
  return convert<Ordered>(value).dump(pretty ? 2 : -1, ' ', false, Ordered::error_handler_t::replace);
}

std::string to_canonical_json(const Value& value) {
  return convert<Sorted>(value).dump(-1, ' ', false, Sorted::error_handler_t::replace);
}

Result<Value> parse_json(std::string_view text, std::string_view file) {
  try {
    // nlohmann::json builds a tree level by level, but frees, copies and converts it by recursion.
    const auto shallow = [](int depth, Ordered::parse_event_t event, Ordered&) {
      const bool opens =
          event == Ordered::parse_event_t::object_start || event == Ordered::parse_event_t::array_start;
      if (opens && static_cast<std::size_t>(depth) >= most_levels) throw TooDeep{};
      return true;
    };
    return convert_back(Ordered::parse(text, shallow));
  } catch (const TooDeep&) {
    Diagnostic diagnostic =
        failure("bad-json", "nested deeper than " + std::to_string(most_levels) + " levels",
                "nothing that hearth reads nests so deeply: look at where this comes from");
    diagnostic.position.file = intern_file_name(file);
    return tl::unexpected(std::move(diagnostic));
  } catch (const Ordered::exception& error) {
    Diagnostic diagnostic = failure("bad-json", error.what());
    diagnostic.position.file = intern_file_name(file);
    return tl::unexpected(std::move(diagnostic));
  }
}

}  // namespace hearth
