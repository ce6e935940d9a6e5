secret list lab/password -C secrets -o json
