HEARTH_JOURNAL=@journal history motd
