HEARTH_JOURNAL=@journal -C manifests apply --yes newer-plan.txt
