exec all
