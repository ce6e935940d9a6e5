HEARTH_JOURNAL=@journal history -n 0
