// From a declared Node to the way to reach it.
#pragma once

#include <memory>

#include "reconciler/core/resource.h"
#include "reconciler/loop/loop.h"
#include "reconciler/transport/ssh_options.h"
#include "reconciler/transport/transport.h"

namespace hearth {

struct TransportOptions {
  SshOptions ssh;
};

// Contacts nobody yet. LOOP must outlive the transport.
std::unique_ptr<Transport> make_transport(const Host& host, Loop& loop, const TransportOptions& options = {});

}  // namespace hearth
