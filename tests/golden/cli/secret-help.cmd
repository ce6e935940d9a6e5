secret --help
