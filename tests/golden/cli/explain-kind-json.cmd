HEARTH_SCHEMAS=schemas explain Gadget -o json
