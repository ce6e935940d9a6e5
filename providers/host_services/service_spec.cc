#include "providers/host_services/service_spec.h"

#include "providers/host_services/unit_state.h"
#include "providers/support/text.h"
#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

// Long enough for a program that cannot read its configuration to die of it.
constexpr std::chrono::milliseconds default_settle{1000};

}  // namespace

ServiceSpec::ServiceSpec(const Resource& resource) {
  const Value& spec = resource.desired;
  declared_name = spec.string_or("unitName", resource.address.name);
  unit = canonical_unit(declared_name).value_or(declared_name);
  unit_file = "/etc/systemd/system/" + unit;
  drop_in_folder = unit_file + ".d";
  package_file = "/usr/lib/systemd/system/" + unit;
  text = spec.find("unit");
  if (const Value* map = spec.find("dropIns"); map != nullptr && map->is_map()) drop_ins = &map->as_map();
  enabled = spec.find("enabled");
  masked = spec.find("masked");
  state = spec.string_or("state", "");
  reload = spec.string_or("onChange", "restart") == "reload";
  if (const Value* files = spec.find("configFiles"); files != nullptr && files->is_list()) {
    for (const Value& file : files->as_list()) {
      if (file.is_string()) config_files.push_back(normalised_path(file.as_string()));
    }
  }
  // Timers, mounts and targets are up as soon as systemd says so; only programs can die a moment later.
  if (unit.ends_with(".service")) settle = default_settle;
  if (const Value* seconds = spec.find("settle"); seconds != nullptr && seconds->is_number()) {
    settle = std::chrono::milliseconds(static_cast<std::int64_t>(seconds->as_number() * 1000));
  }
  timeout = std::chrono::seconds(spec.integer_or("timeout", timeout.count()));
  manages_inputs =
      text != nullptr || drop_ins != nullptr || !config_files.empty() || spec.find("onChange") != nullptr;
}

std::string ServiceSpec::install() const {
  std::string out = text != nullptr && text->is_string() ? install_section(text->as_string()) : "";
  if (drop_ins == nullptr) return out;
  for (const auto& [name, position, drop_in] : *drop_ins) {
    if (drop_in.is_string()) out += install_section(drop_in.as_string());
  }
  return out;
}

}  // namespace hearth
