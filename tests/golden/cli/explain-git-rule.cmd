explain git-rewritten
