HEARTH_SCHEMAS=nowhere explain File
