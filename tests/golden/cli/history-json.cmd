HEARTH_JOURNAL=@journal history -o json
