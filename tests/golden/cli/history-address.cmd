HEARTH_JOURNAL=@journal history File/motd@pve
