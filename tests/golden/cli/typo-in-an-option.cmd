plan --stesp
