HEARTH_JOURNAL=@journal -C manifests apply --yes cut-off-plan.txt
