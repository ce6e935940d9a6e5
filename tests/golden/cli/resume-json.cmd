HEARTH_JOURNAL=@journal resume -o json
