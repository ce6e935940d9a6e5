explain tab -o json
