secret list -C manifests
