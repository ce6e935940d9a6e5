#include "providers/samba/samba_provider.h"

HEARTH_PROVIDER(::hearth::SambaProvider)
