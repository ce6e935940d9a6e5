PATH=/nonexistent -C manifests graph --format svg
