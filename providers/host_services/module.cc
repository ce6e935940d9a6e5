#include "providers/host_services/host_services_provider.h"

HEARTH_PROVIDER(::hearth::HostServicesProvider)
