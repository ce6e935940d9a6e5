#include "reconciler/transport/make_transport.h"

#include <utility>

#include "reconciler/transport/local_transport.h"
#include "reconciler/transport/secret_transport.h"
#include "reconciler/transport/ssh_transport.h"

namespace hearth {

std::unique_ptr<Transport> make_transport(const Host& host, Loop& loop, const TransportOptions& options) {
  std::unique_ptr<Transport> transport;
  if (host.local) {
    transport = std::make_unique<LocalTransport>(host, loop);
  } else {
    transport = std::make_unique<SshTransport>(host, loop, options.ssh);
  }
  if (options.secrets == nullptr) return transport;
  return std::make_unique<SecretTransport>(std::move(transport), loop, *options.secrets);
}

}  // namespace hearth
