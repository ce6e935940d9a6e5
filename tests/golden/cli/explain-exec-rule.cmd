explain exec-power
