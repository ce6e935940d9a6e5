HEARTH_JOURNAL=@journal history File/motd@pve -o json
