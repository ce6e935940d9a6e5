HEARTH_JOURNAL=@journal -C manifests apply --yes not-a-plan.txt
