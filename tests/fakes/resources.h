// Resources and replies for tests of providers, in as few words as possible.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "reconciler/core/digest.h"
#include "reconciler/core/resource.h"
#include "reconciler/transport/operation.h"

namespace hearth {

inline Resource host_resource(std::string kind, std::string name, Map desired) {
  Resource resource;
  resource.address = {std::move(kind), std::move(name), "pve"};
  resource.desired = std::move(desired);
  return resource;
}

inline FileReply root_owned(FileReply::Type type, std::uint32_t mode) {
  FileReply reply;
  reply.type = type;
  reply.mode = mode;
  reply.owner = "root";
  reply.group = "root";
  return reply;
}

inline FileReply regular_file(std::string content) {
  FileReply reply = root_owned(FileReply::Type::regular, 0644);
  reply.size = content.size();
  reply.sha256 = sha256(content);
  reply.content = std::move(content);
  return reply;
}

inline FileReply directory() {
  return root_owned(FileReply::Type::directory, 0755);
}

inline FileReply link_to(std::string target) {
  FileReply reply = root_owned(FileReply::Type::symlink, 0777);
  reply.target = std::move(target);
  return reply;
}

// A UnitReply from what `systemctl show` prints.
inline UnitReply unit_reply(std::string_view shown) {
  UnitReply reply;
  while (!shown.empty()) {
    const std::string_view line = shown.substr(0, shown.find('\n'));
    shown.remove_prefix(std::min(line.size() + 1, shown.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    reply.properties.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return reply;
}

}  // namespace hearth
