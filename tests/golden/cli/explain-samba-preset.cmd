HEARTH_SCHEMAS=../../../schemas explain SambaShare.preset
