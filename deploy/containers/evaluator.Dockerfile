# syntax=docker/dockerfile:1
# gpu-evaluator with torch and triton on a CUDA runtime image:
#   docker build -f deploy/containers/evaluator.Dockerfile -t kernelevolve-evaluator .
# What the sandbox needs of the host and of the container's options: docs/sandbox.md and docs/cluster.md.

FROM node:24.11.1-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY proto/package.json proto/
COPY core/package.json core/
COPY gpu-evaluator/package.json gpu-evaluator/
COPY island-worker/package.json island-worker/
COPY coordinator/package.json coordinator/
COPY research-stage/package.json research-stage/
RUN npm ci --ignore-scripts --include=dev --include=optional
COPY . .
RUN node deploy/bundle/main.ts --folder /kernelevolve

FROM nvidia/cuda:13.0.2-runtime-ubuntu24.04
# A C compiler: Triton builds its launchers with one, and the evaluator its sandbox.
# hadolint ignore=DL3008
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates gcc libc6-dev python3 python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/*
ARG PYTHON_PACKAGES="torch==2.11.0 triton==3.6.0 numpy==2.3.5"
# One requirement a word.
# hadolint ignore=SC2086
RUN python3 -m venv /usr/local/lib/kevo-python \
 && /usr/local/lib/kevo-python/bin/pip install --no-cache-dir --no-compile ${PYTHON_PACKAGES}
COPY --from=build /kernelevolve /usr/local/lib/kernelevolve
RUN ln -s /usr/local/lib/kernelevolve/bin/gpu-evaluator /usr/local/bin/gpu-evaluator \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin kevo \
 && install -d -o kevo -g kevo -m 0700 /var/cache/kernelevolve
# The root file system may be read-only: only the cache and /tmp are written. Both must allow programs to be run from them.
ENV KEVO_PYTHON=/usr/local/lib/kevo-python/bin/python \
    XDG_CACHE_HOME=/var/cache/kernelevolve \
    TRITON_CACHE_DIR=/var/cache/kernelevolve/triton \
    NODE_COMPILE_CACHE=/tmp/node-compile-cache
VOLUME ["/var/cache/kernelevolve"]
WORKDIR /tmp
USER 10001:10001
# 50051 gRPC, 9464 metrics
EXPOSE 50051 9464
ENTRYPOINT ["gpu-evaluator"]
CMD ["start", "--help"]
