apply --allow rebot
