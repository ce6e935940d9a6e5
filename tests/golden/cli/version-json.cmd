version -o json
