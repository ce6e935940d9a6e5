resume --help
