secret set -C secrets
