completion bsh
