#include "reconciler/safety/way_in.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hearth {

namespace {

// What is read before a login has succeeded, or decides whether it may become root.
constexpr std::array<std::string_view, 8> folders = {"/etc/ssh/",
                                                     "/etc/systemd/system/service.d/",
                                                     "/etc/sudoers.d/",
                                                     "/etc/pam.d/",
                                                     "/etc/security/",
                                                     "/etc/systemd/system/ssh.service.d/",
                                                     "/etc/systemd/system/sshd.service.d/",
                                                     "/etc/systemd/system/ssh.socket.d/"};
constexpr std::array<std::string_view, 18> files = {
    "/etc/zsh/zshenv",  "/etc/bash.bashrc", "/etc/environment", "/run/nologin",
    "/var/run/nologin", "/etc/sudoers",     "/etc/sudo.conf",   "/etc/nsswitch.conf",
    "/etc/passwd",      "/etc/shadow",      "/etc/group",       "/etc/gshadow",
    "/etc/shells",      "/etc/nologin",     "/etc/hosts.allow", "/etc/hosts.deny",
    "/etc/login.defs",  "/etc/ssh"};
constexpr std::array<std::string_view, 4> units = {"ssh.service", "sshd.service", "ssh.socket", "ssh"};

template <std::size_t count>
bool holds(const std::array<std::string_view, count>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool leads_in(std::string_view path) {
  if (holds(files, path)) return true;
  constexpr std::string_view unit_files = "/etc/systemd/system/";
  if (path.starts_with(unit_files) && holds(units, path.substr(unit_files.size()))) return true;
  // Keys lie in the home folders of whoever logs in, and hearth does not know where those are.
  if (path.find("/.ssh/") != std::string_view::npos || path.ends_with("/.ssh")) return true;
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
    return path.starts_with(folder) || path == folder.substr(0, folder.size() - 1);
  });
}

// What a shell reads before the command that sshd gives it (bash as Debian builds it, and zsh); what only a person's shell
// reads no new login of ours could prove. Whose homes these are hearth does not know.
bool is_start_of_shell(std::string_view path) {
  return (path.starts_with("/root/") || path.starts_with("/home/")) &&
         (path.ends_with("/.bashrc") || path.ends_with("/.zshenv"));
}

// sshd lets nobody in by key whose home, or any folder above their keys, others may write to (StrictModes).
bool holds_keys_of(std::string_view path, const Host& host) {
  return path == "/" || path == "/home" || path == (host.user == "root" ? "/root" : "/home/" + host.user);
}

// Packages without which nobody logs in, or becomes root.
bool is_needed_to_get_in(std::string_view package, const Host& host) {
  package = package.substr(0, package.find(':'));
  return package == "openssh-server" || package == "ssh" || package.starts_with("libpam-") ||
         (package == "sudo" && !host.become.empty());
}

}  // namespace

std::optional<std::string> closes_way_in(const Resource& resource, bool removing, const Host& host) {
  if (host.local) return std::nullopt;
  const Value& spec = resource.desired;
  const std::string& name = resource.address.name;
  if (resource.address.kind == "Package" && (removing || spec.string_or("state", "") == "absent") &&
      is_needed_to_get_in(spec.string_or("name", name), host)) {
    return "without this package nobody gets into " + host.name +
           " any more; to take it away, log in at its console, and delete it from the manifests";
  }
  if (resource.address.kind == "Service") {
    std::string unit = spec.string_or("unitName", name);
    if (unit.ends_with(".service")) unit.resize(unit.size() - std::string_view(".service").size());
    const bool closed = spec.boolean_or("masked", false) || !spec.boolean_or("enabled", true) ||
                        spec.string_or("state", "running") == "stopped";
    if ((unit == "ssh" || unit == "sshd") && closed) {
      return "nobody would get into " + host.name +
             " any more, at its next boot at the latest; where ssh.socket starts sshd, leave " + unit +
             ".service undeclared";
    }
  }
  return std::nullopt;
}

bool touches_way_in(const Step& step, const Host& host) {
  if (host.local) return false;
  if (step.account == "*" || (!step.account.empty() && step.account == host.user)) return true;
  return std::visit(
      [&host](const auto& operation) {
        using Type = std::decay_t<decltype(operation)>;
        if constexpr (std::is_same_v<Type, ControlUnit>) {
          return holds(units, operation.unit);
        } else if constexpr (requires { operation.path; }) {
          return leads_in(operation.path) || is_start_of_shell(operation.path) ||
                 holds_keys_of(operation.path, host);
        } else {
          return false;
        }
      },
      step.operation);
}

const std::vector<std::string>& account_databases() {
  static const std::vector<std::string> paths = {"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"};
  return paths;
}

}  // namespace hearth
