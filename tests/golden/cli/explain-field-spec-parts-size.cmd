HEARTH_SCHEMAS=schemas explain Gadget.spec.parts.size
