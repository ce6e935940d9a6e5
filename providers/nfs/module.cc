#include "providers/nfs/nfs_provider.h"

HEARTH_PROVIDER(::hearth::NfsProvider)
