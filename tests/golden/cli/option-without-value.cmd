validate -C
