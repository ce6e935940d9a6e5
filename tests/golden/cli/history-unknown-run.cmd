HEARTH_JOURNAL=@journal history 99
