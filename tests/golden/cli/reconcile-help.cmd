reconcile --help
