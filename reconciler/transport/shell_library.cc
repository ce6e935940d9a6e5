#include "reconciler/transport/shell_library.h"

namespace hearth {

// How these functions are written:
//  - Nothing is read from standard input (the script itself stood there); contents come on descriptor 3.
//  - Whatever starts a process that may hang starts it under `timeout`. Builtins are preferred: a fork costs
//  the node
//    more than all the text of this library.
//  - Names are always quoted, always absolute (so that none looks like an option), and never pass through
//  eval.
//  - Functions that fail say why on standard output, set $code and return 1.

std::string_view shell_observe_library() {
  static constexpr std::string_view text = R"sh(
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC SYSTEMD_COLORS=0 SYSTEMD_PAGER=
export PATH LC_ALL TZ SYSTEMD_COLORS SYSTEMD_PAGER
unset -v QUOTING_STYLE TIME_STYLE BLOCK_SIZE POSIXLY_CORRECT FIND_BLOCK_SIZE CDPATH IFS SYSTEMD_LOG_LEVEL
umask 077
set -f
nl='
'

begin() {
  printf '%s b %s\n' "$n" "$1"
  printf '%s b %s\n' "$n" "$1" >&2
}
end() {
  printf '%s e %s %s\n' "$n" "$1" "$2"
  printf '%s e %s %s\n' "$n" "$1" "$2" >&2
}

# stat_files FRAME PATH…: facts of each, not following links.
stat_files() {
  local frame="$1" status
  shift
  begin "$frame"
  timeout -k 2 10 find "$@" -maxdepth 0 -printf 'f\0%p\0%y\0%m\0%U\0%G\0%u\0%g\0%s\0%T@\0%l\0'
  status=$?
  end "$frame" "$status"
  return "$status"
}

# hash_files FRAME PATH…: hashes of those that are regular files, also left in $hashes for send_content.
# Called after stat_files, which would have hung in our place on a dead mount.
hash_files() {
  local frame="$1" path status
  shift
  begin "$frame"
  for path; do
    shift
    if [ -f "$path" ] && [ ! -L "$path" ]; then set -- "$@" "$path"; fi
  done
  hashes= status=0
  if [ $# -gt 0 ]; then
    hashes=$(timeout -k 2 20 sha256sum -- "$@")
    status=$?
    printf '%s\n' "$hashes"
  fi
  end "$frame" "$status"
  return "$status"
}

# read_files NUMBER PATH…: both. When they take too long, one of these paths is to blame and shall not spoil the others:
# each is asked alone.
read_files() {
  local number="$1" path all='' i=0
  shift
  stat_files "f$number" "$@"
  case $? in
    124 | 137) ;;
    *)
      hash_files "h$number" "$@"
      case $? in
        124 | 137) ;;
        *) return ;;
      esac
      ;;
  esac
  for path; do
    if stat_files "f$number.$i" "$path" && hash_files "h$number.$i" "$path"; then all="$all$hashes$nl"; fi
    i=$((i + 1))
  done
  hashes=$all
}

# is_news KNOWN PATH: true when PATH was hashed just now and its hash is not KNOWN.
is_news() {
  case "$nl$hashes$nl" in
    *"$nl$1  $2$nl"*) return 1 ;;
    *"  $2$nl"* | "$nl"\\*) ;; # a backslash in front: the name stands there in another way, and alone
    *) return 1 ;;
  esac
}

# send_contents FRAME LIMIT PATH…: the first LIMIT bytes of each, in the way of `head`: a line with the name before each.
# Where one ends is told by its hash.
send_contents() {
  local frame="$1" limit="$2"
  shift 2
  [ $# -gt 0 ] || return 0
  begin "$frame"
  timeout -k 2 20 head -v -c "$limit" -- "$@"
  end "$frame" $?
}

# list_directories NUMBER PATH…
list_directories() {
  local number="$1" path status i=0
  shift
  begin "l$number"
  timeout -k 2 10 find -H "$@" -maxdepth 1 -printf '%H\0%d\0%y\0%f\0'
  status=$?
  end "l$number" "$status"
  case $status in
    124 | 137) ;;
    *) return ;;
  esac
  for path; do
    begin "l$number.$i"
    timeout -k 2 5 find -H "$path" -maxdepth 1 -printf '%H\0%d\0%y\0%f\0'
    end "l$number.$i" $?
    i=$((i + 1))
  done
}

# ---- Units

show_units() {
  timeout -k 2 15 systemctl show --no-pager --timestamp=us+utc \
    -p Id -p Names -p LoadState -p LoadError -p ActiveState -p SubState -p UnitFileState -p Type -p Result \
    -p FragmentPath -p DropInPaths -p EnvironmentFiles -p InvocationID -p NeedDaemonReload -p RemainAfterExit \
    -p InactiveExitTimestamp -p ActiveEnterTimestamp -p ExecMainStatus -p ExecMainCode -p MainPID -p NRestarts \
    -p ConditionResult -p CanReload -p TriggeredBy -p Triggers \
    -- "$@"
}

# query_units UNIT…: one block of properties each, and their inputs into $input_paths and $input_patterns.
query_units() {
  local unit text line status blocks=0 i=0
  input_paths= input_patterns=
  begin u
  text=$(show_units "$@")
  status=$?
  while IFS= read -r line; do
    case $line in Id=*) blocks=$((blocks + 1)) ;; esac
  done <<END
$text
END
  if [ "$blocks" -eq $# ]; then
    printf '%s\n' "$text"
    end u "$status"
    collect_inputs "$text"
    return
  fi
  # One of them is a name that systemd does not take, which leaves out its block: which one can only be told by asking
  # for each.
  end u mixed
  for unit; do
    begin "u.$i"
    text=$(show_units "$unit")
    status=$?
    printf '%s\n' "$text"
    end "u.$i" "$status"
    collect_inputs "$text"
    i=$((i + 1))
  done
}

# collect_inputs TEXT: adds what systemd read for the units shown in TEXT.
collect_inputs() {
  local line
  while IFS= read -r line; do
    case $line in
      FragmentPath=/*) input_paths="$input_paths$nl${line#*=}" ;;
      DropInPaths=?*) split_list "${line#*=}" ;;
      EnvironmentFiles=/*)
        line=${line#*=}
        input_patterns="$input_patterns$nl${line% (ignore_errors=*}"
        ;;
    esac
  done <<END
$1
END
}

# split_list LIST: adds the words of one of systemctl's lists to $input_paths. A word that a shell would not take as it
# is stands in double quotes, with backslashes before what keeps its meaning there.
split_list() {
  local rest="$1" out= char= quoted=
  while [ -n "$rest" ]; do
    char=${rest%"${rest#?}"}
    rest=${rest#?}
    case $quoted$char in
      \\ | q\\)
        out=$out${rest%"${rest#?}"}
        rest=${rest#?}
        ;;
      \") quoted=q ;;
      q\") quoted= ;;
      ' ')
        input_paths="$input_paths$nl$out"
        out=
        ;;
      *) out=$out$char ;;
    esac
  done
  input_paths="$input_paths$nl$out"
}

# with_inputs COMMAND ARGUMENT…: runs COMMAND with all collected inputs after its arguments. Patterns are expanded as
# systemd does it; one that matches nothing stays, as a file that is not there.
with_inputs() {
  local IFS="$nl"
  set -- "$@" $input_paths
  set +f
  set -- "$@" $input_patterns
  set -f
  "$@"
}

# read_inputs PATH…: facts of each, following links, and the hashes of those that are files.
read_inputs() {
  local path i=0
  begin i
  [ $# -eq 0 ] || look_at_inputs 30 "$@"
  set -- $? "$@"
  end i "$1"
  case $1 in
    124 | 137) shift ;;
    *) return ;;
  esac
  for path; do
    begin "i.$i"
    look_at_inputs 5 "$path"
    end "i.$i" $?
    i=$((i + 1))
  done
}
look_at_inputs() {
  local seconds="$1"
  shift
  timeout -k 2 "$seconds" find -H "$@" -maxdepth 0 -printf 'i\0%p\0%y\0%T@\0%B@\0' -type f -exec sha256sum -z -- {} +
}

# hash_paths PATH…: sha256sum of those that are files or links to files.
hash_paths() {
  local path
  for path; do
    shift
    if [ -f "$path" ]; then set -- "$@" "$path"; fi
  done
  [ $# -eq 0 ] || timeout -k 2 20 sha256sum -- "$@"
}

# send_stamp FRAME UNIT: what control_unit left when it last started the unit in this boot.
send_stamp() {
  local line
  begin "$1"
  if [ -r "$root/run/hearth/units/$2" ]; then
    while IFS= read -r line; do printf '%s\n' "$line"; done <"$root/run/hearth/units/$2"
  fi
  end "$1" 0
}

# ---- Trees

# in_tree DIRECTORY COMMAND ARGUMENT…: from within DIRECTORY, which no link has led to, runs COMMAND with ARGUMENTs and then
# with tests that leave out what is mounted somewhere below, also where that is the same device (a bind mount), of which
# -xdev knows nothing. Status 9: there is no such directory.
in_tree() (
  dir="$1"
  shift
  exists "$dir" || exit 9
  top=$(cd -P -- "$root/" && pwd -P && echo x) || exit 1
  top=${top%"$nl"x}
  # A link that is swapped in from here on leads to a place whose name shows it.
  cd -P -- "$dir" || exit 1
  here=$(pwd -P && echo x) || exit 1
  here=${here%"$nl"x}
  if [ "$here" != "${top%/}${dir#"$root"}" ]; then
    echo "$dir leads through a symbolic link to $here: name that, if it is meant" >&2
    exit 1
  fi
  # shellcheck disable=SC2034
  while read -r id parent device fsroot point rest; do
    case $point in
      *\\*)
        point=$(printf '%s\n' "$point" | sed 's/\\/\\0/g' && echo x)
        point=$(printf '%b' "${point%"$nl"x}" && echo x)
        point=${point%x}
        ;;
    esac
    case $point in
      "$here"/*)
        point=$(printf '%s' "./${point#"$here"/}" | sed 's/[][*?\\]/\\&/g' && echo x)
        point=${point%x}
        set -- "$@" ! -path "$point" ! -path "$point/*"
        ;;
    esac
  done </proc/self/mountinfo
  "$@"
)
exists() { [ -e "$1" ] || [ -L "$1" ]; }

# tell_files BEFORE TEST…: files, old ones, what those take, oldest and newest; for in_tree.
tell_files() {
  local before="$1"
  shift
  {
    timeout -k 2 110 find . -xdev -ignore_readdir_race "$@" -type f \
      \( -newermt "@$before" -printf 'n %T@ %b\n' -o -printf 'o %T@ %b\n' \)
    echo "s $?"
  } | awk '
    $1 == "s" { status = $2; next }
    { files++; if (files == 1 || $2 < oldest) oldest = $2; if (files == 1 || $2 > newest) newest = $2 }
    $1 == "o" { old++; blocks += $3 }
    END {
      printf "%.0f %.0f %.0f %.0f %.0f\n", files, old, blocks * 512, int(oldest), int(newest)
      exit status
    }'
}

# count_old_files FRAME DIRECTORY AGE
count_old_files() {
  local now told status exists=1
  begin "$1"
  now=$(date +%s)
  told=$(in_tree "$2" tell_files "$((now - $3))")
  status=$?
  if [ "$status" -eq 9 ]; then
    status=0 exists=0 told='0 0 0 0 0'
  fi
  printf '%s %s %s %s\n' "$exists" "$now" "$((now - sent))" "$told"
  end "$1" "$status"
}

# run_probe FRAME SECONDS COMMAND…
run_probe() {
  local frame="$1" seconds="$2"
  shift 2
  begin "$frame"
  timeout -k 2 "$seconds" "$@"
  end "$frame" $?
}
)sh";
  return text;
}

std::string_view shell_execute_library() {
  static constexpr std::string_view text = R"sh(
run=$root/run/hearth
store=$root/var/lib/hearth/undo
guards=$root/var/lib/hearth/guard
temp= staged= code= token= expires= holder= uptime=

fail() {
  code=$1
  shift
  printf '%s\n' "$*"
  return 1
}

# fail_write TEXT: what a tool said when it could not write.
fail_write() {
  case $1 in
    *'No space left on device'* | *'quota exceeded'*) fail no-space "$1" ;;
    *) fail write "$1" ;;
  esac
}

# put FILE LINE…: by cat, because a shell that runs out of space says "I/O error" for it.
put() {
  local file="$1"
  shift
  printf '%s\n' "$@" | cat >"$file"
}

exit_at_signals() {
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
}

# Also when we are killed or the line is cut: whoever listens learns that it is over.
finish() {
  printf '%s bye\n' "$n"
  printf '%s bye\n' "$n" >&2
}
trap finish EXIT
exit_at_signals

# begin_group: in a shell of its own, which no temporary file outlives.
drop_temporary() {
  local IFS="$nl"
  [ -z "$temp" ] || rm -rf -- "$temp"
  [ -z "$staged" ] || rm -f -- $staged
}
begin_group() {
  trap drop_temporary EXIT
  exit_at_signals
}

# op NUMBER FUNCTION ARGUMENT…: one operation. The first of a group that fails is its last.
op() {
  local number="$1"
  shift
  code=failed
  begin "$number"
  if fence "$1" && "$@" 2>&1; then
    end "$number" done
  else
    end "$number" "$code"
    exit 0
  fi
}

# ---- Leases
#
# $run/lease says whose the host is: token, end of the lease (uptime in hundredths of a second), holder. It is replaced
# by rename, so that it can be read without a lock, and changed only under $run/lock. Whoever works under a lease holds
# $run/busy shared, and nobody gets a new lease while somebody does: a script that was held up for longer than its lease
# still never writes together with its successor's.

make_run() {
  [ -d "$run" ] && return
  local err
  err=$(mkdir -p -- "$root/run" 2>&1 && mkdir -m 700 -- "$run" 2>&1) || [ -d "$run" ] || case $err in
    *'No space left on device'*) fail_write "$err" ;;
    *) fail no-access "$err; hearth needs root here: connect as root, or set become: sudo for this Node" ;;
  esac
}

read_lease() {
  token= expires=0 holder=
  [ -r "$run/lease" ] && {
    IFS= read -r token
    read -r expires
    IFS= read -r holder
  } <"$run/lease"
}

write_lease() {
  local err
  err=$(put "$run/lease.new" "$1" "$(($(uptime_now) + $2 * 100))" "$3" 2>&1 &&
    mv -fT -- "$run/lease.new" "$run/lease" 2>&1) || fail_write "$err"
}

# Hundredths of a second since boot into $uptime: nobody can set this clock.
read_uptime() {
  local rest
  read -r uptime rest </proc/uptime
  uptime=${uptime%.*}${uptime#*.}
  uptime=${uptime#"${uptime%%[!0]*}"}
  : "${uptime:=0}"
}
uptime_now() { read_uptime && printf '%s' "$uptime"; }

seconds_left() { printf '%s' "$(((expires - $(uptime_now) + 99) / 100))"; }

lock() {
  make_run || return 1
  command exec 8>>"$run/lock" || fail no-access "cannot open $run/lock" || return 1
  flock -w 10 8 || fail busy "$run/lock is held by another process for more than 10 s" || return 1
}
unlock() { exec 8>&-; }

take_lease() {
  local status
  lock || return 1
  take_locked "$@"
  status=$?
  unlock
  return "$status"
}
take_locked() {
  local left armed
  read_lease
  if [ "$token" != "$1" ]; then
    left=$(seconds_left)
    if [ -n "$token" ] && [ "$left" -gt 0 ]; then
      fail held "$holder ($left s left)"
      return 1
    fi
    if armed=$(armed_undo); then
      fail held "the undo of a change that nobody has proven yet: $armed"
      return 1
    fi
    command exec 7>>"$run/busy" || fail no-access "cannot open $run/busy" || return 1
    flock -n 7 || {
      exec 7>&-
      fail held "${holder:-the last holder} (its lease is over, but one of its operations is still running)"
      return 1
    }
    exec 7>&-
  fi
  write_lease "$@"
}

renew_lease() {
  local status
  lock || return 1
  read_lease
  if [ "$token" = "$1" ]; then
    write_lease "$1" "$2" "$holder"
  else
    fail lost "${holder:-nobody} holds the lease now"
  fi
  status=$?
  unlock
  return "$status"
}

release_lease() {
  local status
  lock || return 1
  read_lease
  [ "$token" != "$1" ] || rm -f -- "$run/lease"
  status=$?
  unlock
  return "$status"
}

fence() {
  case $1 in *_lease | run_undo) return 0 ;; esac
  [ -n "$lease" ] || return 0
  if [ -z "$joined" ]; then
    make_run || return 1
    command exec 9>>"$run/busy" || fail no-access "cannot open $run/busy" || return 1
    flock -s -w 10 9 || fail lost "somebody else is taking the lease" || return 1
    joined=1
  fi
  read_lease
  [ "$token" = "$lease" ] || fail lost "${holder:-nobody} holds the lease now" || return 1
  read_uptime # no fork: this is asked before each operation
  [ "$expires" -gt "$uptime" ] || fail lost "the lease ran out and was not renewed in time"
}
joined=

# ---- Running tools

# run LINES SECONDS COMMAND…: prints the last LINES of what it said. A file that has no name any more takes the output,
# not a pipe: a daemon that the command leaves behind would keep a pipe open, and us waiting.
run() {
  local lines="$1" seconds="$2" status out
  shift 2
  make_run || return 1
  out=$run/out-$id8
  command exec 4>"$out" 5<"$out" || fail no-access "cannot write $out" || return 1
  rm -f -- "$out"
  if [ -n "$fed" ]; then
    base64 -d <&3 4>&- 5<&- 6>&- 8>&- 9>&- | timeout -k 5 "$seconds" "$@" >&4 2>&1 3<&- 4>&- 5<&- 6>&- 8>&- 9>&-
  else
    timeout -k 5 "$seconds" "$@" >&4 2>&1 3<&- 4>&- 5<&- 6>&- 8>&- 9>&-
  fi
  status=$?
  exec 4>&-
  tail -n "$lines" <&5 | tail -c 8192
  exec 5<&-
  return "$status"
}

run_command() {
  local seconds="$1" status
  run 20 "$@"
  status=$?
  case $status in
    0) ;;
    124 | 137) fail timeout "gave up after $seconds s" ;;
    *) fail command "exit status $status" ;;
  esac
}

# feed_command SECONDS COMMAND…: the same, with standard input in base64 on 3.
feed_command() {
  local fed=1
  run_command "$@"
}
fed=

refuse() { fail "$@"; }

# ---- Files

# Below a folder that stands for /, a link must not lead out of it.
inside() {
  local real
  [ -n "$root" ] || return 0
  real=$(readlink -m -- "${1%/*}/") || return 0
  case $real/ in
    "$root"/*) ;;
    *) fail outside "$1 leads out of $root" ;;
  esac
}

has_parent() {
  [ -d "${1%/*}/" ] || fail no-parent "there is no directory ${1%/*}; declare a Directory for it"
}

# Makes it last. File systems that know no fsync of directories say so.
sync_directory() {
  local err
  err=$(sync -- "${1%/*}/" 2>&1) && return
  case $err in
    *'Invalid argument'* | *'not supported'*) ;;
    *) fail write "in place, but may not outlive a power failure: $err" ;;
  esac
}

# as_expected PATH HASH
as_expected() {
  local hash
  case $2 in
    '') return 0 ;;
    absent)
      ! exists "$1" || fail moved "$1 has come into being since the plan was made"
      return
      ;;
  esac
  if [ -f "$1" ] && [ ! -L "$1" ]; then
    hash=$(timeout -k 2 20 sha256sum <"$1") || fail write "cannot read $1" || return 1
    [ "${hash%% *}" = "$2" ] || fail moved "$1 has other content than when the plan was made"
  elif exists "$1"; then
    fail moved "$1 is no regular file any more"
  else
    fail moved "$1 has gone since the plan was made"
  fi
}

# Owners and modes are given to what descriptor 6 has open, never to a name: in a directory that belongs to somebody else
# a name may point elsewhere from one moment to the next, to /etc/shadow for one.
opened=/proc/self/fd/6

# open_existing PATH: a file or directory, not what a link points to.
open_existing() {
  command exec 6<"$1" || fail attributes "cannot open $1" || return 1
  if [ -L "$1" ] || [ ! "$opened" -ef "$1" ]; then
    exec 6<&-
    fail attributes "$1 is a symbolic link: name what it points to"
  fi
}

# give MODE OWNER GROUP: where they differ only, because not every file system (/etc/pve) lets them be set.
give() {
  local now
  now=$(facts_of "$opened" 2>&1) || fail attributes "$now" || return 1
  give_from "$now" "$@"
}
facts_of() { stat -L -c '%a:%U:%u:%G:%g' -- "$@"; }
# give_from FACTS MODE OWNER GROUP: the same, of what has these facts.
give_from() {
  local now="$1" mode="$2" owner="$3" group="$4" err IFS=:
  set -- $now
  if [ "$owner" = "$2" ] || [ "$owner" = "$3" ]; then owner=; fi
  if [ "$group" = "$4" ] || [ "$group" = "$5" ]; then group=; fi
  if [ -n "$owner$group" ]; then
    err=$(chown -- "$owner${group:+:$group}" "$opened" 2>&1) || fail attributes "$err" || return 1
    set -- x # chown may have taken the set-user-id bit away
  fi
  if [ -n "$mode" ] && { [ "$1" = x ] || [ $((0$1)) -ne $((0$mode)) ]; }; then
    # Five digits: of a directory chmod otherwise leaves the set-group-id bit standing.
    err=$(chmod -- "00$mode" "$opened" 2>&1) || fail attributes "$err" || return 1
  fi
}

# keep PATH KEY: before the first change of a unit of work. What an earlier, killed run kept is the older and stays, unless
# there is a `!` before the key: then what lies there now has been seen to work.
keep() {
  local path="$1" key="${2#!}" err part
  [ -n "$2" ] || return 0
  if [ -d "$store/$key" ]; then
    [ "$key" != "$2" ] || return 0
    rm -rf -- "$store/$key" || fail write "cannot remove $store/$key" || return 1
  fi
  sweep "$store/.new-" "$key"
  part=$store/.new-$id8-$key
  # Twice, as another operation may just be removing the empty folder.
  err=$(mkdir -p -- "$part" 2>&1) || err=$(mkdir -p -- "$part" 2>&1) || fail_write "$err" || return 1
  err=$({
    put "$part/path" "$path" &&
      if exists "$path"; then
        cp -a --reflink=auto -T -- "$path" "$part/previous" && { [ -L "$path" ] || sync -- "$part/previous"; }
      else
        true >"$part/absent"
      fi && sync -- "$part/path" "$part" && mv -T -- "$part" "$store/$key" && sync -- "$store"
  } 2>&1) || {
    rm -rf -- "$part"
    drop_empty_store
    fail_write "cannot keep the previous state of $path: $err"
  }
}

drop_empty_store() { rmdir -- "$store" "${store%/*}" 2>/dev/null; return 0; }  # not when others keep something there

forget() {
  rm -rf -- "$store/${2:?}" || fail write "cannot remove $store/$2" || return 1
  drop_empty_store
}

# sweep PREFIX NAME: temporary files of runs that were killed.
sweep() {
  local old
  set +f
  for old in "$1"????????-"$2"; do
    ! exists "$old" || rm -rf -- "$old"
  done
  set -f
}

# stage_file PATH TEMPORARY NAME-IN-IT MODE OWNER GROUP CONTENT-COMMAND: makes what is going to replace PATH, beside it and open
# on 6: nobody else can read it before it has its owner and mode.
stage_file() {
  local path="$1" new="$2" name="$3" mode="$4" owner="$5" group="$6" content="$7" err status facts
  has_parent "$path" && inside "$path" || return 1
  if [ -d "$path" ] && [ ! -L "$path" ]; then
    fail is-directory "$path is a directory"
    return 1
  fi
  sweep "${path%/*}/.hearth-" "$name"
  temp=$new
  set -C # must not be there: nobody shall have laid something in our way
  { command exec 6>"$new"; } 2>/dev/null
  status=$?
  set +C
  if [ "$status" -ne 0 ]; then
    temp= # whatever it is, it is not ours
    err=$( (set -C && true >"$new") 2>&1) && rm -f -- "$new"
    fail_write "${err:-cannot make $new}"
    return 1
  fi
  set -- "$opened"
  if [ -f "$path" ] && [ ! -L "$path" ]; then
    # Access lists and the like, where there are any and the file system has them; facts see to the rest.
    cp --attributes-only --preserve=mode,xattr -- "$path" "$opened" 2>/dev/null
    set -- "$opened" "$path"
  fi
  facts=$(facts_of "$@" 2>&1) || fail_write "$facts" || return 1
  [ $# -eq 1 ] || inherit "${facts#*"$nl"}"
  give_from "${facts%%"$nl"*}" "${mode:-0644}" "$owner" "$group" || return 1
  err=$("$content" 2>&1 >&6) || fail_write "$err"
}
# inherit FACTS: for what nobody named, in the variables of our caller.
inherit() {
  local IFS=:
  set -- $1
  : "${mode:=$1}" "${owner:=$3}" "${group:=$5}"
}
from_3() { base64 -d <&3; }

# go_live PATH TEMPORARY KEEP-KEY HASH: replaces PATH by what was staged for it and has reached the disk.
go_live() {
  local err
  keep "$1" "$3" || return 1
  [ -z "$3" ] || err=$(put "$store/${3#!}/written" "$4" 2>&1) || fail_write "$err" || return 1
  err=$(mv -fT -- "$2" "$1" 2>&1) || fail_write "$err"
}

differs_from_sent() { fail write "what arrived is not what was sent: $1"; }

# write_file PATH TEMPORARY NAME-IN-IT MODE OWNER GROUP EXPECTED KEEP-KEY HASH [CHECK…], content in base64 on 3.
write_file() {
  local path="$1" new="$2" name="$3" mode="$4" owner="$5" group="$6" expected="$7" key="$8" hash="$9" err status
  shift 9
  as_expected "$path" "$expected" || return 1
  stage_file "$path" "$new" "$name" "$mode" "$owner" "$group" from_3 || return 1
  err=$(sha256sum <"$opened" 2>&1)
  [ "${err%% *}" = "$hash" ] || differs_from_sent "$err" || return 1
  if [ $# -gt 0 ]; then
    run 20 60 "$@"
    status=$?
    # 75 (EX_TEMPFAIL): it could not judge.
    [ "$status" -ne 75 ] || fail no-check "could not be checked; the live file is as it was" || return 1
    [ "$status" -eq 0 ] || fail check "refused by ${1##*/} (exit status $status); the live file is as it was" || return 1
    as_expected "$path" "$expected" || return 1
  fi
  err=$(sync -- "$opened" 2>&1) || fail_write "$err" || return 1
  go_live "$path" "$new" "$key" "$hash" || return 1
  temp=
  exec 6>&-
  sync_directory "$path"
}

# ---- Many files at once
#
# What `op` with write_file does, for files that need no check: one process for all of them wherever one will do, as each costs
# more than everything else here, and one flush of the disk. Each function takes a list of
#     NUMBER PATH TEMPORARY NAME-IN-IT MODE OWNER GROUP EXPECTED KEEP-KEY HASH
# and answers for those that do not get any further; the others stay in $left. The renderer gives no PATH with control
# characters, backslashes or two spaces in a row, and content_NUMBER for each content.

write_files() {
  left=
  fence write_file >/dev/null || { answer_fenced "$@"; return; }
  stage_each "$@"
  hash_staged
  fence write_file >/dev/null || { answer_fenced "$@"; return; }
  replace_each "$@"
  answer_each "$@"
}
left= paths= directories= hashes= known=

is_left() { case " $left " in *" $1 "*) ;; *) return 1 ;; esac; }

# answer NUMBER TEXT-AND-CODE: what in_shell printed of one that failed.
answer() {
  begin "$1"
  printf '%s\n' "${2%"$nl"*}"
  end "$1" "${2##*"$nl"}"
}

# in_shell COMMAND…: to be called in a shell of its own, for what a failed operation leaves open or set. Its code comes last.
in_shell() {
  code=failed
  staged=
  "$@" 2>&1 && return
  drop_temporary
  printf '\n%s' "$code"
  exit 1
}

answer_fenced() {
  while [ $# -gt 0 ]; do
    begin "$1"
    fence write_file
    end "$1" "$code"
    shift 10
  done
}

stage_each() {
  local out
  while [ $# -gt 0 ]; do
    if out=$(in_shell stage_file "$2" "$3" "$4" "$5" "$6" "$7" "content_$1"); then
      left="$left $1" staged="$staged$nl$3" paths="$paths$nl$2"
      case "$directories$nl" in *"$nl${2%/*}/$nl"*) ;; *) directories="$directories$nl${2%/*}/" ;; esac
    else
      answer "$1" "$out"
    fi
    shift 10
  done
}

# hash_staged: of what was staged and of what lies there now, into $hashes.
hash_staged() {
  local path IFS="$nl"
  set -- $staged
  [ $# -gt 0 ] || return 0
  sync_error=$(timeout -k 2 60 sync -- "$@" 2>&1)
  for path in $paths; do
    if [ -f "$path" ] && [ ! -L "$path" ]; then set -- "$@" "$path"; fi
  done
  hashes=$(timeout -k 2 60 sha256sum -- "$@" 2>/dev/null)
}
sync_error=

# know PATH: its hash into $known.
know() {
  known=
  case "$hashes$nl" in
    *"  $1$nl"*)
      known=${hashes%%"  $1$nl"*}
      known=${known%%"  $1"}
      known=${known##*"$nl"}
      ;;
  esac
}

replace_each() {
  local out still=''
  while [ $# -gt 0 ]; do
    if ! is_left "$1"; then
      :
    elif out=$(in_shell replace_staged "$2" "$3" "$8" "$9" "${10}"); then
      still="$still $1"
    else
      rm -f -- "$3"
      answer "$1" "$out"
    fi
    shift 10
  done
  left=$still
}

# replace_staged PATH TEMPORARY EXPECTED KEEP-KEY HASH
replace_staged() {
  [ -z "$sync_error" ] || fail_write "$sync_error" || return 1
  know "$2"
  [ "$known" = "$5" ] || differs_from_sent "$known" || return 1
  know "$1"
  # What was written over since it was hashed is newer than what was staged before; then, and for the words, it is looked at.
  if [ -z "$known" ] || [ "$known" != "$3" ] || [ -L "$1" ] || [ "$1" -nt "$2" ]; then
    as_expected "$1" "$3" || return 1
  fi
  go_live "$1" "$2" "$4" "$5"
}

answer_each() {
  local err
  err=$(IFS="$nl" && sync -- $directories 2>&1)
  while [ $# -gt 0 ]; do
    if is_left "$1"; then
      begin "$1"
      code=failed
      if [ -z "$err" ] || sync_directory "$2"; then end "$1" done; else end "$1" "$code"; fi
    fi
    shift 10
  done
}

# replace_lines PATH TEMPORARY NAME-IN-IT FOLLOWED-BY [CHECK…], in base64 on 3: how many old lines, those, and the new ones.
# Whoever else of hearth edits a file waits; what anybody else does to it in between, write_file notices.
replace_lines() {
  local status
  make_run || return 1
  command exec 8>>"$run/edit" || fail no-access "cannot open $run/edit" || return 1
  flock -w 30 8 || fail busy "$run/edit is held by another process for more than 30 s" || return 1
  edit_locked "$@"
  status=$?
  rm -f -- "$run/edit-lines-$id8" "$run/edit-old-$id8" "$run/edit-new-$id8"
  unlock
  return "$status"
}
edit_locked() {
  local path="$1" temporary="$2" name="$3" followed_by="$4" edit="$run/edit-lines-$id8" old="$run/edit-old-$id8" new="$run/edit-new-$id8"
  local ended=1 expected=absent hash
  shift 4
  has_parent "$path" && inside "$path" || return 1
  base64 -d <&3 >"$edit" || fail write "cannot write $edit" || return 1
  true >"$old"
  if [ -L "$path" ]; then
    fail moved "$path is a symbolic link: hearth edits no file through one"
    return 1
  elif exists "$path"; then
    cat <"$path" >"$old" || fail write "cannot read $path" || return 1
    expected=$(sha256sum <"$old") || return 1
    expected=${expected%% *}
  fi
  [ "$(tr -d '\000' <"$old" | wc -c)" = "$(wc -c <"$old")" ] || fail moved "$path is no text file" || return 1
  [ -z "$(tail -c 1 <"$old")" ] || ended=0
  EDIT=$edit FOLLOWED_BY=$followed_by awk -v "ended=$ended" '
    function put(line) { if (lines++) printf "\n"; printf "%s", line; mine = 0 }
    function place(i) { if (placed) return; placed = 1; for (i = 0; i < m; i++) { put(fresh[i]); mine = 1 } }
    BEGIN {
      edit = ENVIRON["EDIT"]
      getline left <edit
      adds = left == 0
      follower = ENVIRON["FOLLOWED_BY"]
      block = !adds && follower != ""
      for (i = 0; i < left; i++) { getline line <edit; if (block) old[i] = line; else want[line]++ }
      while ((getline line <edit) > 0) fresh[m++] = line
    }
    block { all[count++] = $0; next }
    function stands_at(at,  i) {
      for (i = 0; i < left; i++) if (all[at + i] != old[i] "") return 0
      for (i = at + left; i < count; i++) {
        line = all[i]
        sub(/^[ \t\r\v\f]+/, "", line)
        if (line != "") return substr(line, 1, length(follower)) == follower
      }
      return 1
    }
    function replace_block(  at, i) {
      for (at = count - left; at >= 0 && !stands_at(at); at--);
      if (at < 0) exit 9
      for (i = 0; i < at; i++) put(all[i])
      place()
      mine = at + left == count
      for (i = at + left; i < count; i++) put(all[i])
      left = 0
    }
    ($0 in want) && want[$0] > 0 { want[$0]--; left--; place(); mine = 1; next }
    { put($0) }
    END {
      if (block) replace_block()
      if (left > 0) exit 9
      if (adds) place()
      if (lines && (ended || mine)) printf "\n"
    }' <"$old" >"$new"
  case $? in
    0) ;;
    9) fail moved "$path has other lines than when the plan was made" || return 1 ;;
    *) fail write "cannot edit $path" || return 1 ;;
  esac
  hash=$(sha256sum <"$new") || return 1
  base64 <"$new" >"$edit" || fail write "cannot write $edit" || return 1
  write_file "$path" "$temporary" "$name" '' '' '' "$expected" '' "${hash%% *}" "$@" 3<"$edit"
}

# delete_old_files DIRECTORY BEFORE AT-MOST
delete_old_files() {
  local told status
  told=$(in_tree "$1" tell_files "$2" 2>&1)
  case $? in
    0) ;;
    9) return 0 ;;
    124 | 137) fail timeout "to look through $1 took too long: nothing was deleted" || return 1 ;;
    *) fail command "$told" || return 1 ;;
  esac
  told=${told#* }
  told=${told%% *}
  [ "$told" -le "$3" ] || fail moved "$told files below $1 are old now, $3 were when the plan was made: nothing was deleted" || return 1
  in_tree "$1" delete_files "$2"
  status=$?
  case $status in
    0) ;;
    124 | 137) fail timeout "not all of them could be deleted in the time there was" ;;
    *) fail command "not all of them could be deleted" ;;
  esac
}
# By the directory that find has open, never by a path: a directory that is swapped for a link meanwhile is not entered.
delete_files() {
  local before="$1" said status
  shift
  said=$(timeout -k 2 110 find . -xdev -ignore_readdir_race "$@" -type f ! -newermt "@$before" -delete 2>&1)
  status=$?
  [ -z "$said" ] || printf '%s\n' "$said" | tail -n 20
  return "$status"
}

set_attributes() {
  inside "$1" || return 1
  if [ -L "$1" ]; then
    fail attributes "$1 is a symbolic link: name what it points to"
  elif [ ! -e "$1" ]; then
    fail attributes "there is no $1"
  elif [ ! -f "$1" ] && [ ! -d "$1" ]; then
    fail attributes "$1 is neither a file nor a directory"
  else
    open_existing "$1" || return 1
    shift
    give "$@" || return 1
    exec 6<&-
  fi
}

make_directory() {
  local err
  inside "$1" || return 1
  if [ ! -d "$1" ]; then
    ! exists "$1" || fail not-directory "$1 is in the way: it is no directory" || return 1
    err=$( (umask 022 && mkdir -p -- "${1%/*}/") 2>&1 && mkdir -m "${2:-0755}" -- "$1" 2>&1) || fail_write "$err" || return 1
    sync_directory "$1" || return 1
  elif [ -L "$1" ]; then
    fail not-directory "$1 is a symbolic link to a directory: name what it points to"
    return 1
  fi
  open_existing "$1" || return 1
  shift
  give "$@" || return 1
  exec 6<&-
}

# remove_path PATH KEEP-KEY
remove_path() {
  local err
  exists "$1" || [ -n "$2" ] || return 0
  inside "$1" || return 1
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    err=$(find "$1" -mindepth 1 -maxdepth 1 -printf x -quit) || fail write "cannot read $1" || return 1
    [ -z "$err" ] || fail not-empty "$1 is not empty: hearth removes no directory with something in it" || return 1
    keep "$1" "$2" || return 1
    err=$(rmdir -- "$1" 2>&1) || fail_write "$err" || return 1
  else
    keep "$1" "$2" || return 1
    err=$(rm -f -- "$1" 2>&1) || fail_write "$err" || return 1
  fi
  [ ! -d "${1%/*}/" ] || sync_directory "$1"
}

# what_lies_at PATH: the hash of a regular file, `absent`, or a word for anything else.
what_lies_at() {
  local hash
  if [ -L "$1" ]; then
    printf 'link %s' "$(readlink -- "$1")"
  elif [ -f "$1" ]; then
    hash=$(timeout -k 2 20 sha256sum <"$1") && printf %s "${hash%% *}"
  elif [ -e "$1" ]; then
    printf other
  else
    printf absent
  fi
}

# restore_previous PATH TEMPORARY NAME-IN-IT KEY WRITTEN. Nothing kept: the change was never begun, or is taken back already.
# What lies there must be what hearth left (WRITTEN; `recorded`: see write_file; '' for whatever it is), or still what was kept.
restore_previous() {
  local err now written="$5" kept="$store/$4"
  [ -d "$kept" ] || return 0
  if [ "$written" = recorded ]; then
    written=
    [ ! -e "$kept/written" ] || IFS= read -r written <"$kept/written"
  fi
  if [ -n "$written" ]; then
    now=$(what_lies_at "$1") || fail write "cannot read $1" || return 1
    if [ "$now" != "$written" ]; then
      if [ -e "$kept/absent" ]; then
        [ "$now" != absent ] || { forget "$1" "$4"; return; }
        fail moved "$1 was changed by somebody else meanwhile, so it stays; before this run there was no such file ($kept)"
        return 1
      fi
      err=$(what_lies_at "$kept/previous") || fail write "cannot read $kept/previous" || return 1
      [ "$now" != "$err" ] || { forget "$1" "$4"; return; }
      fail moved "$1 was changed by somebody else meanwhile, so it stays; what lay there before this run is kept in $kept/previous"
      return 1
    fi
  fi
  if [ -e "$kept/absent" ]; then
    remove_path "$1" '' || return 1
  else
    has_parent "$1" && inside "$1" || return 1
    sweep "${1%/*}/.hearth-" "$3"
    temp=$2
    err=$(cp -a -T -- "$kept/previous" "$2" 2>&1 && { [ -L "$2" ] || sync -- "$2"; } 2>&1 &&
      mv -fT -- "$2" "$1" 2>&1) || fail_write "$err" || return 1
    temp=
    sync_directory "$1" || return 1
  fi
  forget "$1" "$4"
}

# ---- Units

offline() { [ -z "$root" ] || fail offline "$root only stands for /: no systemd runs there that could $1 units"; }

# control_unit VERB UNIT SECONDS SETTLE-HUNDREDTHS CONFIG…
control_unit() {
  local verb="$1" unit="$2" seconds="$3" status
  case $verb in
    start | restart | reload)
      offline "$verb" && bring_up "$@"
      ;;
    daemon-reload)
      [ -z "$root" ] || return 0 # nothing runs there that could have read the old unit files
      run_command "$seconds" systemctl --no-ask-password daemon-reload
      ;;
    try-reload)
      [ -z "$root" ] || return 0
      # In the time of one question it is not started either: what is not up reads its configuration when it starts.
      [ "$(timeout -k 2 15 systemctl show -P ActiveState -- "$unit" 2>&1)" = active ] || return 0
      shift
      bring_up reload "$@"
      ;;
    stop)
      offline stop && stop_unit "$unit" "$seconds" && rm -f -- "$run/units/$unit"
      ;;
    *) run_command "$seconds" systemctl --no-ask-password ${root:+"--root=$root"} "$verb" -- "$unit" ;;
  esac
}

# A unit that is not there does not run: when a new one goes back, its file is gone before it is stopped.
stop_unit() {
  run_command "$2" systemctl --no-ask-password stop -- "$1" && return
  [ "$(timeout -k 2 15 systemctl show -P LoadState -P ActiveState -- "$1" 2>&1)" = "not-found${nl}inactive" ]
}

unit_state() {
  local text line
  active= sub= result= invocation= restarts= type= condition= tested=
  text=$(timeout -k 2 15 systemctl show -p ActiveState -p SubState -p Result -p InvocationID -p NRestarts -p Type \
    -p ConditionResult -p ConditionTimestampMonotonic -- "$1" 2>&1) || fail command "$text" || return 1
  while IFS= read -r line; do
    case $line in
      ActiveState=*) active=${line#*=} ;;
      SubState=*) sub=${line#*=} ;;
      Result=*) result=${line#*=} ;;
      InvocationID=*) invocation=${line#*=} ;;
      NRestarts=*) restarts=${line#*=} ;;
      Type=*) type=${line#*=} ;;
      ConditionResult=*) condition=${line#*=} ;;
      ConditionTimestampMonotonic=*) tested=${line#*=} ;;
    esac
  done <<END
$text
END
}

# unit_failed UNIT SINCE WHY. Why a program could not even be started is logged by a process so short-lived that the journal
# may not learn which unit it was of, unless it says so itself (UNIT=); `-u` would believe that from PID 1 only.
unit_failed() {
  timeout -k 2 10 journalctl --sync 2>/dev/null # what was said last is still on its way
  timeout -k 2 10 journalctl --no-pager -q -o cat -n 10 --since "@$2" "_SYSTEMD_UNIT=$1" + "UNIT=$1" 2>&1
  fail unit-failed "$3"
}

# was_skipped UNIT SINCE: one of its conditions did not hold. A unit that has ended and that nothing refers to is forgotten
# at once; then its conditions look as if they had never been asked, and only the journal knows.
was_skipped() {
  [ "$condition" = no ] || return 1
  [ "$tested" = 0 ] || return 0
  timeout -k 2 10 journalctl --sync 2>/dev/null
  timeout -k 2 10 journalctl --no-pager -q -o cat -n 20 -u "$1" --since "@$2" 2>/dev/null | grep -q 'was skipped because '
}

bring_up() {
  local verb="$1" unit="$2" seconds="$3" settle="$4" since own config status first restarted until out
  local active sub result invocation restarts type condition tested
  shift 4
  # What it is about to read. Taken before it starts: what changes from now on it may have missed.
  input_paths= input_patterns=
  out=$(show_units "$unit") || fail command "systemctl show $unit: exit status $?" || return 1
  collect_inputs "$out"
  own=$(with_inputs hash_paths 2>/dev/null)
  config=$(hash_paths "$@" 2>/dev/null)
  since=$(date +%s)
  until=$(($(uptime_now) + seconds * 100))
  # A person may have tried so often that systemd has had enough. Units that are not loaded have nothing to reset.
  [ "$verb" = reload ] || timeout -k 2 15 systemctl reset-failed -- "$unit" 2>/dev/null
  out=$(run 10 "$seconds" systemctl --no-ask-password "$verb" -- "$unit")
  status=$?
  case $status in
    0) ;;
    124 | 137)
      unit_failed "$unit" "$since" "systemctl $verb $unit did not return within $seconds s"
      code=timeout
      return 1
      ;;
    *)
      unit_failed "$unit" "$since" "$out"
      return 1
      ;;
  esac
  while :; do
    unit_state "$unit" || return 1
    case $active/$sub in
      active/*) break ;;
      */auto-restart*)
        unit_failed "$unit" "$since" "$unit ended at once ($result), and systemd keeps restarting it"
        return 1
        ;;
      inactive/*)
        if was_skipped "$unit" "$since"; then
          unit_failed "$unit" "$since" "a condition of $unit does not hold, so systemd did not start it"
          return 1
        fi
        [ "$type/$result" = oneshot/success ] && break
        unit_failed "$unit" "$since" "$unit did not stay up: it is $active ($result)"
        return 1
        ;;
      failed/*)
        unit_failed "$unit" "$since" "$unit did not stay up: it failed ($result)"
        return 1
        ;;
    esac
    if [ "$(uptime_now)" -ge "$until" ]; then
      unit_failed "$unit" "$since" "$unit is still $active ($sub) after $seconds s"
      code=timeout
      return 1
    fi
    sleep 0.1
  done
  first=$invocation restarted=$restarts
  until=$(($(uptime_now) + settle))
  while [ "$active" = active ] && [ "$(uptime_now)" -lt "$until" ]; do
    # Twice is enough: what has failed by then is seen at the end as well, and a question costs more than a moment.
    sleep "$((settle / 200)).$(((settle / 20) % 10))$(((settle / 2) % 10))"
    unit_state "$unit" || return 1
    case $active/$type/$result in
      active/* | reloading/*) active=active ;;
      inactive/oneshot/success) break ;;
      *)
        unit_failed "$unit" "$since" "$unit did not stay up: it is $active ($result)"
        return 1
        ;;
    esac
    if [ "$invocation/$restarts" != "$first/$restarted" ]; then
      unit_failed "$unit" "$since" "$unit did not stay up: systemd had to start it again"
      return 1
    fi
  done
  stamp "$verb" "$unit" "$first" "$own" "$config"
}

# stamp VERB UNIT INVOCATION OWN CONFIG: what the running unit has read. A reload makes it read its configuration again,
# not its unit file: for those what was stamped at its start stays true.
stamp() {
  local unit="$2" line err old=
  if [ "$1" = reload ] && [ -r "$run/units/$unit" ]; then
    while IFS= read -r line; do
      case $line in
        "invocation $3") old=1 own= ;;
        "own "*) [ -z "$old" ] || own="$own${own:+$nl}${line#own }" ;;
      esac
    done <"$run/units/$unit"
    [ -n "$old" ] || own=$4
  else
    own=$4
  fi
  make_run || return 1
  err=$({
    mkdir -p -- "$run/units" && {
      printf 'invocation %s\n' "$3"
      prefix_lines own "$own"
      prefix_lines config "$5"
    } >"$run/units/.$id8" && mv -fT -- "$run/units/.$id8" "$run/units/$unit"
  } 2>&1) || fail_write "$err"
}

prefix_lines() {
  local line
  while IFS= read -r line; do
    [ -z "$line" ] || printf '%s %s\n' "$1" "$line"
  done <<END
$2
END
}

# ---- Undoing by the node itself
#
# $guards/ID holds what is armed: the script, who armed it, and when it is due. Whoever carries it out or takes it away
# holds the lock in it. A timer that lives in memory carries it out when its time is over; a unit on the disk does at the
# next boot, where no timer has survived.

units=$root/etc/systemd/system

# What is armed, for people; false when nothing is.
armed_undo() {
  local dir due left
  set +f
  for dir in "$guards"/*/; do
    set -f
    [ -e "$dir/undo" ] || continue
    IFS= read -r holder <"$dir/holder"
    IFS= read -r due <"$dir/due"
    left=$(((due - $(uptime_now)) / 100))
    if [ "$left" -ge 0 ] && [ "$left" -lt 86400 ]; then
      printf '%s; the node puts itself back in %s s, then try again' "$holder" "$left"
    else
      dir=${dir%/}
      printf '%s; the node could not put itself back: see journalctl -u hearth-undo-%s' "$holder" "${dir##*/}"
    fi
    return 0
  done
  set -f
  return 1
}

# undo_service NAME DIRECTORY MODE: one for each of the two occasions, as what sshd waits for at boot must not wait for sshd.
undo_service() {
  printf '[Unit]\nDescription=%s\nConditionPathExists=%s\n' \
    "Going back from a change by hearth that was not proven to leave the way in open" "$2/undo"
  [ "$3" != boot ] || cat <<END
DefaultDependencies=no
RequiresMountsFor=/etc /var/lib/hearth /run
After=local-fs.target
Before=network-pre.target networking.service systemd-networkd.service ssh.service ssh.socket sshd.service
Conflicts=shutdown.target
Before=shutdown.target
END
  cat <<END

[Service]
Type=oneshot
ExecStart=/bin/sh $2/undo $3
TimeoutStartSec=300
Restart=on-failure
RestartSec=5
END
}

# undo_units NAME DIRECTORY SECONDS
undo_units() {
  undo_service "$1" "$2" now >"$units/$1.service" && undo_service "$1" "$2" boot >"$units/$1-boot.service" || return 1
  cat >"$units/$1.timer" <<END
[Unit]
Description=Time left to prove that a change by hearth leaves the way in open

[Timer]
OnActiveSec=$3
AccuracySec=100ms
END
  mkdir -p -- "$units/sysinit.target.wants" &&
    ln -sfn "../$1-boot.service" "$units/sysinit.target.wants/$1-boot.service" &&
    sync -- "$units/$1.service" "$units/$1-boot.service" "$units/$1.timer" "$units" "$units/sysinit.target.wants"
}

# arm_undo ID SECONDS HOLDER [PATH KEY]…, the script in base64 on 3.
arm_undo() {
  local id="$1" seconds="$2" holder="$3" dir="$guards/$1" unit="hearth-undo-$1" err
  shift 3
  offline arm || return 1
  [ ! -e "$dir" ] || fail armed "$(armed_undo)" || return 1
  while [ $# -gt 0 ]; do
    keep "$1" "$2" || return 1
    shift 2
  done
  rm -rf -- "$dir.new"
  err=$({
    mkdir -p -- "$dir.new" && base64 -d <&3 >"$dir.new/undo" && put "$dir.new/holder" "$holder" &&
      put "$dir.new/due" "$(($(uptime_now) + seconds * 100))" && true >"$dir.new/lock" &&
      sync -- "$dir.new/undo" "$dir.new/holder" "$dir.new/due" "$dir.new" && mv -T -- "$dir.new" "$dir" &&
      sync -- "$guards" && undo_units "$unit" "$dir" "$seconds"
  } 2>&1) && err=$(run 10 60 systemctl daemon-reload && run 10 60 systemctl start "$unit.timer") || {
    rm -rf -- "$dir.new"
    remove_guard "$id"
    fail_write "the undo could not be armed, so nothing was changed: $err"
  }
}

# What is armed goes first: without it the units do nothing, should this be the end.
remove_guard() {
  local unit="hearth-undo-$1"
  timeout -k 2 30 systemctl stop "$unit.timer" 2>/dev/null
  rm -rf -- "${guards:?}/$1"
  rm -f -- "$units/sysinit.target.wants/$unit-boot.service" "$units/$unit-boot.service" "$units/$unit.service" \
    "$units/$unit.timer"
  sync -- "$units" 2>/dev/null
  rmdir -- "$units/sysinit.target.wants" "$guards" "${guards%/*}" 2>/dev/null
  timeout -k 2 30 systemctl daemon-reload
}

undone() { fail undone "the node has put itself back already: its time to prove the change was over"; }

disarm_undo() {
  local dir="$guards/$1"
  [ -e "$dir/undo" ] || undone || return 1
  { command exec 8>>"$dir/lock"; } 2>/dev/null || undone || return 1
  flock -w 60 8 || fail busy "$dir/lock is held by another process for more than 60 s" || return 1
  if [ -e "$dir/undo" ]; then
    remove_guard "$1"
    exec 8>&-
  else
    exec 8>&-
    undone
  fi
}

run_undo() {
  local dir="$guards/$1"
  [ -e "$dir/undo" ] || return 0
  run 20 300 systemctl start "hearth-undo-$1.service"
  [ ! -e "$dir/undo" ] || fail undo-failed "could not go back; the node tries again every 5 s: see journalctl -u hearth-undo-$1"
}

# begin_undo ID MODE: from here on nobody listens.
begin_undo() {
  trap - EXIT
  command exec 8>>"$guards/$1/lock" || exit 0 # disarmed a moment ago
  flock 8 || exit 1
  [ -e "$guards/$1/undo" ] || exit 0
  failed=
  begin() { :; }
  end() { [ "$2" = done ] || exit 1; }
  # At boot a job that waits for us must not be waited for: what is to run is started by the boot, with the content that
  # lies here again by then.
  if [ "$2" = boot ]; then
    control_unit() {
      case $1 in
        start | restart) run_command 30 systemctl --no-ask-password --no-block start -- "$2" ;;
        stop | reload | try-reload | daemon-reload) ;;
        *) run_command "$3" systemctl --no-ask-password "$1" -- "$2" ;;
      esac
    }
  fi
}

end_undo() {
  [ -z "$failed" ] || exit 1
  remove_guard "$1"
  echo "hearth: what was not proven to leave the way in open has been put back"
  exit 0
}
)sh";
  return text;
}

}  // namespace hearth
