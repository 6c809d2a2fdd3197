#!/bin/sh
# start-or-resume DATABASE COMMON-OPTIONS... -- START-OPTIONS...
#
# Continues the unfinished run of the database, or else starts the one that the options describe. So a container that is
# started again after a crash goes on where it was, and a finished run is followed by the next one only when somebody
# starts the container again. Common options (--metrics, --dashboard, ...) go to both commands.
set -u

database=$1
shift
common=
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  case $1 in *[!A-Za-z0-9:./_=,-]*) echo "start-or-resume: $1: unexpected character" >&2; exit 2 ;; esac
  common="$common $1"
  shift
done
[ $# -gt 0 ] && shift

child=
stopped=
# The orchestrator signals this shell alone.
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT HUP

run() {
  coordinator "$@" &
  child=$!
  # A signal between these two lines found no child to hand it to.
  [ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
  code=0
  wait "$child" || code=$?
  # A signal ends the wait, not the program.
  while kill -0 "$child" 2>/dev/null; do
    code=0
    wait "$child" || code=$?
  done
  child=
}

if [ -e "$database" ]; then
  # Each common option is one word.
  # shellcheck disable=SC2086
  run resume --db "$database" $common
  # Wrong usage: there is no run to continue.
  if [ "$code" -ne 2 ] || [ -n "$stopped" ]; then exit "$code"; fi
fi
# shellcheck disable=SC2086
run start --db "$database" $common "$@"
exit "$code"
