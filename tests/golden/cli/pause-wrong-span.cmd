HEARTH_JOURNAL=@journal pause --for 2 --why x
