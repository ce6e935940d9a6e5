secret show lab/password -C secrets
