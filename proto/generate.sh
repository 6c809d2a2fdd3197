#!/bin/sh
# Regenerates proto/generated from evaluator.proto: types only, imported with `import type`, so that nothing of it
# runs. The options are those that evaluator-service.ts loads the same file with. An argument names another folder.
set -eu
cd "$(dirname "$0")"
out="${1:-generated}"
rm -rf "$out"
../node_modules/.bin/proto-loader-gen-types --longs=String --enums=String --defaults --oneofs \
  --grpcLib=@grpc/grpc-js --importFileExtension=.ts --outDir="$out" evaluator.proto
