exec all -- sudo rm -rf /etc
