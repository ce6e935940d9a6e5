HEARTH_JOURNAL=@journal history
