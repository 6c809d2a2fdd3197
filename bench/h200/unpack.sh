#!/bin/sh
# Sourced by the scripts beside it: takes their arguments ARCHIVE|FOLDER OUT, makes $out and a fresh folder $work that
# goes with the script, unpacks the archive (made by `npm run bundle`) there or takes the folder in which it lies unpacked,
# sets $home, and puts its programs on the PATH. The remaining arguments stay.
archive="$1"
mkdir -p "$2"
out="$(cd "$2" && pwd)"
shift 2
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if [ -d "$archive" ]; then
  home="$(cd "$archive" && pwd)"
else
  tar -C "$work" -xf "$archive" 2>/dev/null ||
    "${KEVO_PYTHON:-python3}" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$work"
  home="$(echo "$work"/kernelevolve-*)"
fi
PATH="$home/bin:$PATH"
node="$home/runtime/node --disable-warning=ExperimentalWarning"
