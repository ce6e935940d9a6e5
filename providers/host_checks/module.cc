#include "providers/host_checks/host_checks_provider.h"

HEARTH_PROVIDER(::hearth::HostChecksProvider)
