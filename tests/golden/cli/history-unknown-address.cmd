HEARTH_JOURNAL=@journal history File/none@pve
