pause --for 2h
