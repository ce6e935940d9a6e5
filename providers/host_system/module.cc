#include "providers/host_system/host_system_provider.h"

HEARTH_PROVIDER(::hearth::HostSystemProvider)
