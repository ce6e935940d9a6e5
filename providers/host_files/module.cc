#include "providers/host_files/host_files_provider.h"

HEARTH_PROVIDER(::hearth::HostFilesProvider)
