HEARTH_SECRETS=secret-files HEARTH_AGE_IDENTITY=no-such.key HEARTH_SECRET_LAB_PASSWORD=hunter2 HEARTH_SECRET_SPARE=hunter3 secret list -C secrets -o json
