HEARTH_JOURNAL=@journal version -o json
