#include "reconciler/transport/make_transport.h"

#include "reconciler/transport/local_transport.h"
#include "reconciler/transport/ssh_transport.h"

namespace hearth {

std::unique_ptr<Transport> make_transport(const Host& host, Loop& loop, const TransportOptions& options) {
  if (host.local) return std::make_unique<LocalTransport>(host, loop);
  return std::make_unique<SshTransport>(host, loop, options.ssh);
}

}  // namespace hearth
