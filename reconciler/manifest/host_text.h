// `${host.FIELD}`: the one thing in a manifest that differs by itself from host to host.
#pragma once

#include <string>
#include <string_view>

#include "reconciler/core/diagnostic.h"
#include "reconciler/core/resource.h"
#include "reconciler/core/value.h"
#include "reconciler/manifest/fan_out_report.h"
#include "reconciler/manifest/kind_schema.h"

namespace hearth {

// Whether VALUE holds `${host.` anywhere, even as `$${host.` or where it must not stand: whether there is
// anything for replace_host_text() to do.
bool mentions_host(const Value& value);

// Where the values come from.
struct HostTextSource {
  const Host* host = nullptr;  // nullptr: the kind belongs to the cluster, every mention is an error
  const KindSchema* node_schema =
      nullptr;            // of the Node kind: tells a misspelt field from one that is not declared
  std::string_view kind;  // of the resource, for messages
};

// Replaces `${host.FIELD}` in all string values of SPEC by the scalar FIELD of the Node (`name` is its name),
// once: what was put in is not looked at again. `$${host.` becomes `${host.`. Keys and names of secrets are
// not text for this; a mention there is an error. PATH is where SPEC stands (`spec`). Returns false when it
// complained. Complaints that depend on the host go to REPORT, others to DIAGNOSTICS.
bool replace_host_text(Value& spec, const HostTextSource& source, const std::string& path,
                       FanOutReport& report, Diagnostics& diagnostics);

}  // namespace hearth
