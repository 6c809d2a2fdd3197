#!/bin/sh
# Runs PROGRAM of this bundle under the bundle's own Node, wherever it was unpacked and whatever links to it.
here="$(dirname "$(dirname "$(readlink -f "$0")")")"
exec "$here/runtime/node" --disable-warning=ExperimentalWarning "$here/PROGRAM/cli/main.ts" "$@"
