validate -o jsno
