HEARTH_SCHEMAS=schemas explain Gadget.unit
