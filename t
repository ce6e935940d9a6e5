# c
UUID=abc /mnt/x ext4 defaults,nofail 0 2
 /dev/sdb1	/mnt/a\040b  ext4
LABEL="my disk" /mnt/q ext4 ro
"/dev/sdq" /mnt/z ext4
/dev/sde /mnt/e ext4 rw 0
/dev/sdf /mnt/f ext4 rw 0 2 # trailing
/dev/sdg /mnt/g
none none swap sw 0 0
/dev/sdh /mnt/h ext4 ro,,nofail 0 x
LABEL=foo\040bar /mnt/i# ext4 defaults#x
/a /b none bind 0 0
x
