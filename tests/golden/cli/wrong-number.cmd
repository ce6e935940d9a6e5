history -n many
