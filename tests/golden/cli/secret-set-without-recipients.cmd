HEARTH_AGE_IDENTITY=no-such.key secret set lab/new -C secrets
