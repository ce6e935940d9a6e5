HEARTH_JOURNAL=@journal -C manifests apply --yes --allow destroy=File/confg@pve
