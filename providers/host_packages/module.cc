#include "providers/host_packages/host_packages_provider.h"

HEARTH_PROVIDER(::hearth::HostPackagesProvider)
