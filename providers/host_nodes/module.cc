#include "providers/host_nodes/host_nodes_provider.h"

HEARTH_PROVIDER(::hearth::HostNodesProvider)
