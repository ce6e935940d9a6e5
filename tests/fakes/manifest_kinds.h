// A few small kinds, so that tests of the manifest engine rest on no real one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/manifest/schema_registry.h"

namespace hearth::fakes {

inline const std::vector<std::pair<std::string, std::string>>& kind_texts() {
  static const std::vector<std::pair<std::string, std::string>> texts = {
      {"Node.schema.json", R"({
        "x-hearth-kind": {"kind": "Node", "scope": "cluster", "provider": "p", "observeOnly": true, "onRemove": "retain",
                          "identity": ["hostName"], "claims": [{"space": "node", "template": "{hostName}"}]},
        "description": "A machine.", "type": "object", "additionalProperties": false,
        "properties": {
          "hostName": {"description": "Its own name.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-immutable": true},
          "address": {"description": "Where to connect.", "type": "string", "x-hearth-live": false},
          "user": {"description": "Who logs in.", "type": "string", "x-hearth-live": false},
          "port": {"description": "SSH port.", "type": "integer", "default": 22, "x-hearth-live": false},
          "keys": {"description": "Key files.", "type": "array", "items": {"type": "string"}, "x-hearth-live": false},
          "hostKey": {"description": "Fingerprint.", "type": "string", "x-hearth-live": false},
          "become": {"description": "How to become root.", "type": "string", "x-hearth-live": false},
          "proxyJump": {"description": "Through whom.", "type": "string", "x-hearth-live": false},
          "transport": {"description": "How it is reached.", "type": "string", "enum": ["ssh", "local"], "x-hearth-live": false},
          "root": {"description": "Stands for /.", "type": "string", "x-hearth-live": false},
          "power": {"description": "May it sleep.", "type": "string", "enum": ["always", "onDemand"], "x-hearth-live": false},
          "cluster": {"description": "Member of.", "type": "string", "x-hearth-live": false, "x-hearth-reference": "Cluster"},
          "nic": {"description": "LAN interface.", "type": "string", "x-hearth-live": false},
          "mac": {"description": "Its address.", "type": "string", "x-hearth-live": false}}})"},
      {"Cluster.schema.json", R"({
        "x-hearth-kind": {"kind": "Cluster", "scope": "cluster", "provider": "p", "onRemove": "retain"},
        "description": "A Proxmox VE cluster.", "type": "object", "additionalProperties": false,
        "properties": {"endpoint": {"description": "URL.", "type": "string", "x-hearth-live": false}}})"},
      {"File.schema.json", R"({
        "x-hearth-kind": {"kind": "File", "scope": "host", "provider": "p", "onRemove": "delete", "identity": ["path"],
                          "claims": [{"space": "path", "template": "{path}"}]},
        "description": "A file.", "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {
          "path": {"description": "Where.", "type": "string", "pattern": "^/", "x-hearth-form": "path",
                   "x-hearth-path": "within", "x-hearth-immutable": true},
          "content": {"description": "What.", "type": "string"},
          "mode": {"description": "Mode.", "type": "string"},
          "owner": {"description": "Whose.", "type": "string", "x-hearth-reference": "Account"},
          "readers": {"description": "For whom.", "type": "array", "items": {"type": "string"},
                      "x-hearth-reference": "Account", "x-hearth-reference-optional": true}}})"},
      {"Directory.schema.json", R"({
        "x-hearth-kind": {"kind": "Directory", "scope": "host", "provider": "p", "onRemove": "retain",
                          "identity": ["path"], "claims": [{"space": "path", "template": "{path}"}]},
        "description": "A folder.", "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {"path": {"description": "Where.", "type": "string", "x-hearth-path": "within", "x-hearth-immutable": true},
                       "mode": {"description": "Mode.", "type": "string"}}})"},
      {"Mount.schema.json", R"({
        "x-hearth-kind": {"kind": "Mount", "scope": "host", "provider": "p", "onRemove": "retain",
                          "identity": ["path"], "claims": [{"space": "path", "template": "{path}"}, {"space": "device", "template": "{device}"}]},
        "description": "A mount.", "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {"path": {"description": "Where.", "type": "string", "x-hearth-path": "within", "x-hearth-immutable": true},
                       "device": {"description": "What.", "type": "string"}}})"},
      {"Account.schema.json", R"({
        "x-hearth-kind": {"kind": "Account", "scope": "host", "provider": "p", "onRemove": "retain", "identity": ["user"],
                          "claims": [{"space": "user", "template": "{user}"}, {"space": "path", "template": "/etc/accounts", "part": true}]},
        "description": "An account.", "type": "object", "additionalProperties": false,
        "properties": {
          "user": {"description": "Login name.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-immutable": true},
          "home": {"description": "Home.", "type": "string"},
          "password": {"description": "Secret.", "type": "string", "x-hearth-secret": true, "x-hearth-write-only": true},
          "groups": {"description": "Groups.", "type": "array", "items": {"type": "string"}, "x-hearth-list": "set"}}})"},
      {"Service.schema.json", R"({
        "x-hearth-kind": {"kind": "Service", "scope": "host", "provider": "p", "onRemove": "retain", "identity": ["unit"],
                          "claims": [{"space": "unit", "template": "{unit}"},
                                     {"space": "path", "template": "/etc/systemd/system/{unit}.d/{key}.conf", "each": "dropIns"}]},
        "description": "A service.", "type": "object", "additionalProperties": false,
        "properties": {
          "unit": {"description": "The unit.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-form": "unit", "x-hearth-immutable": true},
          "exec": {"description": "Command.", "type": "string"},
          "state": {"description": "State.", "type": "string", "enum": ["running", "stopped"]},
          "enabled": {"description": "At boot.", "type": "boolean"},
          "dropIns": {"description": "By name.", "type": "object", "additionalProperties": {"type": "string"}},
          "environment": {"description": "By name.", "type": "object", "additionalProperties": {"type": "string"}},
          "configFiles": {"description": "Read at start.", "type": "array", "items": {"type": "string"}, "x-hearth-path": "input"}}})"},
      {"Key.schema.json", R"({
        "x-hearth-kind": {"kind": "Key", "scope": "host", "provider": "p", "onRemove": "retain", "identity": ["user"],
                          "claims": [{"space": "key", "template": "{user}"},
                                     {"space": "path", "template": "{user.home}/keys", "part": true},
                                     {"space": "path", "template": "/root/keys", "part": true, "where": {"user": "root"}, "unless": ["user.home"]},
                                     {"space": "path", "template": "/home/{user}/keys", "part": true, "unless": ["user.home"]}]},
        "description": "A key.", "type": "object", "additionalProperties": false,
        "properties": {"user": {"description": "Whose.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-immutable": true,
                                "x-hearth-reference": "Account", "x-hearth-reference-optional": true}}})"},
      {"SambaShare.schema.json", R"({
        "x-hearth-kind": {"kind": "SambaShare", "scope": "host", "provider": "p", "onRemove": "retain", "identity": ["share"],
                          "claims": [{"space": "share", "template": "{share}"}]},
        "description": "A share.", "type": "object", "additionalProperties": false, "required": ["path"],
        "properties": {
          "share": {"description": "Its name.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-immutable": true},
          "path": {"description": "Where.", "type": "string", "x-hearth-path": "within"},
          "validUsers": {"description": "Who.", "type": "array", "items": {"type": "string"}, "x-hearth-list": "set",
                         "x-hearth-reference": "Account"},
          "guestOk": {"description": "Anybody.", "type": "boolean"}}})"},
      {"VirtualMachine.schema.json", R"({
        "x-hearth-kind": {"kind": "VirtualMachine", "scope": "cluster", "provider": "p", "onRemove": "retain",
                          "identity": ["vmid"], "claims": [{"space": "vmid", "template": "{vmid}"}]},
        "description": "A VM.", "type": "object", "additionalProperties": false, "required": ["vmid", "node"],
        "properties": {
          "vmid": {"description": "Number.", "type": "integer", "x-hearth-immutable": true},
          "node": {"description": "Where.", "type": "string", "x-hearth-reference": "Node"},
          "memory": {"description": "RAM.", "type": "string"},
          "tags": {"description": "Tags.", "type": "array", "items": {"type": "string"}, "x-hearth-list": "set"},
          "disks": {"description": "By bus.", "type": "object", "additionalProperties": false,
                    "patternProperties": {"^scsi[0-9]+$": {"type": "object", "additionalProperties": false, "properties": {
                      "storage": {"description": "Where.", "type": "string", "x-hearth-reference": "Storage"},
                      "size": {"description": "How large.", "type": "string"}}}}}}})"},
      {"Container.schema.json", R"({
        "x-hearth-kind": {"kind": "Container", "scope": "cluster", "provider": "p", "onRemove": "retain",
                          "identity": ["vmid"], "claims": [{"space": "vmid", "template": "{vmid}"}]},
        "description": "A container.", "type": "object", "additionalProperties": false, "required": ["vmid"],
        "properties": {
          "vmid": {"description": "Number.", "type": "integer", "x-hearth-immutable": true},
          "hostname": {"description": "Name.", "type": "string"}}})"},
      {"Storage.schema.json", R"({
        "x-hearth-kind": {"kind": "Storage", "scope": "cluster", "provider": "p", "onRemove": "retain", "identity": ["storage"],
                          "claims": [{"space": "storage", "template": "{storage}"}]},
        "description": "A storage.", "type": "object", "additionalProperties": false,
        "properties": {
          "storage": {"description": "Its id.", "type": "string", "x-hearth-name-default": "{name}", "x-hearth-immutable": true},
          "nodes": {"description": "Where.", "type": "array", "items": {"type": "string", "x-hearth-reference": "Node"}, "x-hearth-list": "set"},
          "path": {"description": "Folder.", "type": "string", "x-hearth-path": "within"}}})"},
  };
  return texts;
}

// Made once a process: the schemas do not change, and resources point into them.
inline const SchemaRegistry& kinds() {
  static const SchemaRegistry registry = [] {
    auto made = SchemaRegistry::from_texts(kind_texts());
    if (!made) {
      std::fputs(made.error().to_string().c_str(), stderr);
      std::abort();
    }
    return std::move(*made);
  }();
  return registry;
}

}  // namespace hearth::fakes
