HEARTH_SCHEMAS=schemas explain -o json
