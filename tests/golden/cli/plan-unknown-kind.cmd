HEARTH_JOURNAL=@journal -C manifests plan Fiel
