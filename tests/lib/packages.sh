# Installs what tests/packages lists. Sourced by tests/run, .ci/run and examples/quickstart/run.
# shellcheck shell=sh

package_list=${package_list:?the path of tests/packages}

# One word a package of the GROUPs, alternatives still joined.
packages_of() {
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$package_list"
    done
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing_packages GROUP…: the words of which no alternative is installed.
missing_packages() {
    for word in $(packages_of "$@"); do
        found=
        for name in $(echo "$word" | tr '|' ' '); do
            ! is_installed "$name" || found=yes
        done
        [ -n "$found" ] || echo "$word"
    done
}

# What apt is to install for each WORD: the first alternative that it knows.
known_alternatives() {
    for word in "$@"; do
        chosen=${word%%|*}
        for name in $(echo "$word" | tr '|' ' '); do
            if apt-cache show "$name" >/dev/null 2>&1; then
                chosen=$name
                break
            fi
        done
        echo "$chosen"
    done
}

apt() {
    DEBIAN_FRONTEND=noninteractive timeout --kill-after=30 1200 \
        apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# install_packages GROUP…: installs what is missing of them and nothing else. When that cannot be done here, it says what
# a person has to do and returns 1.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is not Debian: install by hand what corresponds to these packages of Debian 12:" >&2
        echo "  $(packages_of "$@" | tr '\n' ' ')" >&2
        echo "Then set HEARTH_INSTALL=no to go on without this check." >&2
        [ "${HEARTH_INSTALL:-yes}" = no ]
        return
    fi
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing, and only root can install them:" >&2
        # shellcheck disable=SC2086  # several words
        echo "  sudo apt-get install $(known_alternatives $missing | tr '\n' ' ')" >&2
        return 1
    fi
    echo "Installing what is missing: $missing"
    install_log=$(mktemp)
    # Package lists may be missing (fresh image) or too old for what the mirror still has: always fetched anew.
    # shellcheck disable=SC2046,SC2086  # several words
    if apt update >"$install_log" 2>&1 &&
        apt install --no-install-recommends $(known_alternatives $missing) >>"$install_log" 2>&1; then
        rm -f "$install_log"
        return 0
    fi
    echo "That failed:" >&2
    tail -n 20 "$install_log" >&2
    rm -f "$install_log"
    return 1
}
