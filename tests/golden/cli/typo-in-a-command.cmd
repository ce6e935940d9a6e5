plna
