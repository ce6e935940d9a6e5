validate -C manifests -o json
