#include "providers/host_accounts/host_accounts_provider.h"

HEARTH_PROVIDER(::hearth::HostAccountsProvider)
