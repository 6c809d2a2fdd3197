#!/bin/sh
# Sourced by the scripts beside it: unpacks the archive $archive (made by `npm run bundle`) into the fresh folder $work,
# or takes a folder in which it lies unpacked, sets $home, and puts its programs on the PATH.
if [ -d "$archive" ]; then
  home="$(cd "$archive" && pwd)"
else
  tar -C "$work" -xf "$archive" 2>/dev/null ||
    "${KEVO_PYTHON:-python3}" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$work"
  home="$(echo "$work"/kernelevolve-*)"
fi
PATH="$home/bin:$PATH"
node="$home/runtime/node --disable-warning=ExperimentalWarning"
