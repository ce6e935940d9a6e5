HEARTH_JOURNAL=@journal history 1 -o json
