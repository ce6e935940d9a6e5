HEARTH_SCHEMAS=schemas explain Gadget.password
