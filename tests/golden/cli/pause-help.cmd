pause --help
