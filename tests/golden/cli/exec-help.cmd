exec --help
