exec all --allow exec-powr -- reboot
