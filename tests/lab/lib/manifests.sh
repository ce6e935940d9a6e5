# Manifests that several end-to-end tests share. Each function writes one; `manifest FILE` is e2e.sh's.
# shellcheck shell=sh

# A web server that a node can run without anything installed: it reads its greeting once, when it starts, does not start
# without one, and answers with it. What it serves tells which configuration it runs on.
web_program() {
    cat <<'END'
kind: File
name: web-program
hosts: __HOSTS__
spec:
  path: /usr/local/bin/web
  mode: "0755"
  content: |
    #!/usr/bin/perl
    use strict;
    use IO::Socket::INET;
    open(my $file, '<', '/etc/web/greeting') or die "no greeting: $!\n";
    my $greeting = <$file> // '';
    $greeting =~ /\S/ or die "the greeting is empty\n";
    my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die "port 8080: $!\n";
    $SIG{PIPE} = 'IGNORE';
    while (my $client = $server->accept) {
        while (<$client>) { last if /^\r?$/ }
        print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n$greeting";
        close $client;
    }
END
}

# web_greeting HOSTS TEXT
web_greeting() {
    cat <<END
---
kind: Directory
name: web
hosts: $1
spec: {path: /etc/web, mode: "0755", owner: root, group: root}
---
kind: File
name: greeting
hosts: $1
spec:
  path: /etc/web/greeting
  mode: "0640"
  owner: root
  group: users
  content: |
    $2
END
}

web_unit() {
    cat <<'END'
[Unit]
Description=A greeting over HTTP

[Service]
ExecStart=/usr/local/bin/web

[Install]
WantedBy=multi-user.target
END
}

# web_service HOSTS [FIELD…]
web_service() {
    printf -- '---\nkind: Service\nname: web\nhosts: %s\ndependsOn: [File/web-program]\nspec:\n' "$1"
    printf '  enabled: true\n  state: running\n  configFiles: [/etc/web/greeting]\n  unit: |\n'
    web_unit | sed 's/^/    /'
    shift
    for field in "$@"; do
        printf '  %s\n' "$field"
    done
}

# declare_web HOSTS TEXT: all of it, greeting with TEXT
declare_web() {
    {
        web_program | sed "s/__HOSTS__/$1/"
        web_greeting "$1" "$2"
        web_service "$1"
    } | manifest web
}

# What the web server on NODE answers, asked on the node itself.
greeting_of() { on "$1" curl -s --max-time 5 http://127.0.0.1:8080/; }

# declare_slow HOST SECONDS: a service that takes a while to start, so that there is time to do something meanwhile.
declare_slow() {
    manifest slow <<END
kind: Service
name: slow
hosts: $1
spec:
  state: running
  unit: |
    [Service]
    ExecStartPre=/bin/sleep $2
    ExecStart=/bin/sleep infinity
END
}

# When the service of declare_slow has begun to start.
is_starting() { [ "$(on "$1" systemctl show -P ActiveState slow)" = activating ]; }
