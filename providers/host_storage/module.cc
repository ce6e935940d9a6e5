#include "providers/host_storage/host_storage_provider.h"

HEARTH_PROVIDER(::hearth::HostStorageProvider)
