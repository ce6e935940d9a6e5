HEARTH_JOURNAL=@journal history 1
