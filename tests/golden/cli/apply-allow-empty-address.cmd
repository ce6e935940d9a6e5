HEARTH_JOURNAL=@journal -C manifests apply --allow destroy=
