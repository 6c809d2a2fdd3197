#!/bin/sh
# Runs PROGRAM of this bundle under the bundle's own Node, from any place and through any link.
here="$(dirname "$(dirname "$(readlink -f "$0")")")"
exec "$here/runtime/node" --disable-warning=ExperimentalWarning "$here/PROGRAM/cli/main.ts" "$@"
