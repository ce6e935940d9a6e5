secret set ../x -C secrets
