// From a declared Node to the way to reach it.
#pragma once

#include <memory>

#include "reconciler/core/resource.h"
#include "reconciler/core/secret.h"
#include "reconciler/loop/loop.h"
#include "reconciler/transport/ssh_options.h"
#include "reconciler/transport/transport.h"

namespace hearth {

struct TransportOptions {
  SshOptions ssh;
  Secrets* secrets = nullptr;  // outlives the transport; without it nothing that names a secret is sent
};

// Contacts nobody yet. LOOP must outlive the transport.
std::unique_ptr<Transport> make_transport(const Host& host, Loop& loop, const TransportOptions& options = {});

}  // namespace hearth
