// A Service's `spec` as C++: read once, used by everything that looks at one.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "reconciler/core/resource.h"

namespace hearth {

struct ServiceSpec {
  explicit ServiceSpec(const Resource& resource);

  std::string unit;           // with suffix
  std::string declared_name;  // as the manifest spells it
  std::string unit_file;      // where its own text lies
  std::string drop_in_folder;
  std::string package_file;     // where a package's text lies
  const Value* text = nullptr;  // null value: must not exist; nullptr: not declared
  const Map* drop_ins = nullptr;
  const Value* enabled = nullptr;
  const Value* masked = nullptr;
  std::string state;    // "" when not declared
  bool reload = false;  // onChange: reload
  std::vector<std::string> config_files;
  std::chrono::milliseconds settle{0};
  std::chrono::seconds timeout{90};
  bool manages_inputs = false;  // something of what the unit reads when it starts is declared

  [[nodiscard]] std::string drop_in_file(const std::string& name) const {
    return drop_in_folder + "/" + name + ".conf";
  }
  // The [Install] sections that the declared texts will have.
  [[nodiscard]] std::string install() const;
};

}  // namespace hearth
