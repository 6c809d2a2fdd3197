"""Other tuners on a recorded space, or on one that `bench:search --job FOLDER --export FILE` wrote.

    python3 -m pip install -r bench/search/peers/requirements.txt
    python3 bench/search/peers/main.py SPACE.json.gz OUT.json PEER… [--seeds N] [--evaluations N]

A PEER is optuna_tpe_multivariate, optuna_gp, smac3, or kernel_tuner:STRATEGY. All see valid configurations only and
start from nothing; failures count, a repeated configuration counts once. The figures of each peer are added to OUT:
{space: {peer: {fraction_of_optimum: {"50": …}, …}}}, as `npm run bench:search -- --compare` reads it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from figures import figures
from space import Space

Search = Callable[[int, int], list[float | None]]


def opened(peer: str, space: Space) -> tuple[str, Search]:
    """Its name in the file, and a search of a seed with so many evaluations. Imports only what it needs."""
    if peer.startswith("kernel_tuner:"):
        from kernel_tuner_peer import KernelTuner

        strategy = peer.removeprefix("kernel_tuner:")
        tuner = KernelTuner(space)
        return strategy, lambda seed, evaluations: tuner.searched(strategy, seed, evaluations)
    if peer in ("optuna_tpe_multivariate", "optuna_gp"):
        import optuna_peer

        sampler = "gp" if peer == "optuna_gp" else "tpe"
        return peer, lambda seed, evaluations: list(optuna_peer.searched(space, sampler, seed, evaluations).values())
    if peer == "smac3":
        import smac_peer

        return peer, lambda seed, evaluations: list(smac_peer.searched(space, seed, evaluations).values())
    sys.exit(f"{peer}: a peer is optuna_tpe_multivariate, optuna_gp, smac3, or kernel_tuner:STRATEGY")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("peers", nargs="+", metavar="PEER")
    parser.add_argument("--seeds", type=int, default=25)
    parser.add_argument("--evaluations", type=int, default=400)
    options = parser.parse_args()
    space = Space(options.space)
    for peer in options.peers:
        name, search = opened(peer, space)
        traces: list[list[float | None]] = []
        for seed in range(options.seeds):
            traces.append(search(seed, options.evaluations))
            found = json.loads(options.out.read_text()) if options.out.exists() else {}
            found.setdefault(space.name, {})[name] = figures(traces, space.optimum, options.evaluations)
            options.out.write_text(json.dumps(found, indent=1) + "\n")
        print(space.name, name, json.dumps(found[space.name][name]), file=sys.stderr, flush=True)


main()
