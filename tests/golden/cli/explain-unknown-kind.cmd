HEARTH_SCHEMAS=schemas explain Gagdet
