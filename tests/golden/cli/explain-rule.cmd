HEARTH_SCHEMAS=nowhere explain tab
