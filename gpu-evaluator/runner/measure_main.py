"""Measuring process of one device: launches compiled programs, verifies and times them. See `protocol.py`."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import device
import torch
import triton
from baselines import versions
from cases import Arena, Arenas
from cuda_driver import CudaError
from evaluation import Incorrect, Measured, NoBaseline, time_workload, verify_shapes
from honesty import Tampered, honest
from nvml import Monitor
from plausible import Limits, shares, surely_impossible
from program import InvalidProgram, Program
from protocol import FATAL_EXIT, Channel, Frame, open_channel, required

Json = dict[str, Any]

# Share of the device's memory that kept inputs may take.
KEPT_SHARE = 0.6
# So often is a candidate timed where the time of the baseline beside it is impossible.
TIMED = 2


class Lane:
    """Everything that is kept between candidates."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        facts = torch.cuda.get_device_properties(0)
        self.monitor = Monitor(str(facts.uuid))
        self.gpu = facts.name
        self.uuid = f"GPU-{facts.uuid}"
        self._trusted: dict[str, ModuleType] = {}
        self._arenas = Arenas(int(facts.total_memory * KEPT_SHARE))
        self._secret = int.from_bytes(os.urandom(4), "little")
        self._kernel_names: dict[str, str] = {}
        self._limits: Limits | None = None
        self._look = honest()

    def described(self) -> Json:
        self._limits = self._limits or device.limits()
        facts = device.describe(self.monitor, self._limits)
        return {"device": facts, "target": device.target(), "toolchain": device.toolchain(self.monitor)}

    def measure(self, request: Frame) -> Json:
        """The candidate's outcome and measurements; `fatal` when the context is lost."""
        started = time.monotonic()
        found, outcome, message, fatal = Measured(), "ok", None, False
        check = self._look()
        try:
            try:
                self._evaluate(request, found)
            except (Incorrect, InvalidProgram):
                check()
                raise
            check()
        except Tampered as tampered:
            outcome, message, fatal = "incorrect", str(tampered), True
        except Incorrect as wrong:
            outcome, message = "incorrect", str(wrong)
        except NoBaseline as fault:
            outcome, message = "baseline_failed", str(fault)
        except InvalidProgram as invalid:
            outcome, message = "invalid", str(invalid)
        except (RuntimeError, CudaError) as error:
            outcome, message, fatal = "crashed", str(error).splitlines()[0], _context_lost()
        return {
            "outcome": outcome,
            "message": message,
            "measurements": found.measurements if outcome == "ok" else [],
            "stopped_early": found.stopped_early,
            "lane_ms": (time.monotonic() - started) * 1000,
            "environment": self._environment(found),
            "fatal": fatal,
        }

    def _evaluate(self, request: Frame, found: Measured) -> None:
        folder, reference, cache, identity = required(request, folder=str, reference=str, cache_dir=str, id=str)
        program_text, workloads, seed = required(request, program=dict, workloads=list, input_seed=int)
        trusted = self._load(Path(folder) / reference)
        finalist = request["purpose"] == "finalist"
        # The data's seed is this process's secret: one for all of a search, so that right answers can be kept, and
        # new ones for finalists.
        data_seed = self._secret + (seed if finalist else 0)
        self._channel.send({"type": "stage", "id": identity, "stage": "VERIFYING"})
        program = Program(Path(cache), program_text)
        try:
            arenas = []
            for workload in workloads:
                arena = self._arenas.get(trusted, folder, workload, data_seed, request.get("tolerance") or 0.0)
                self._leave_out_impossible(workload, arena)
                arenas.append(arena)
            errors = [verify_shapes(program, arena, trusted.output, seed) for arena in arenas]
            self._channel.send({"type": "stage", "id": identity, "stage": "TIMING"})
            for workload, arena, error in zip(workloads, arenas, errors, strict=True):
                self._time(program, arena, workload, error, request, found)
                if self._limits is not None:
                    found.measurements[-1] |= shares(found.measurements[-1], arena.rotated_bytes, self._limits)
                found.versions |= versions(trusted)
                if arena.left_out:
                    found.left_out[workload["name"]] = arena.left_out
                if finalist and workload["name"] not in self._kernel_names:
                    self._kernel_names[workload["name"]] = _ran(trusted, arena)
            torch.cuda.synchronize()
        finally:
            if not _context_lost():
                program.close()

    def _time(
        self, program: Program, arena: Arena, workload: Json, error: float, request: Frame, found: Measured
    ) -> None:
        """Adds a measurement in which neither time is impossible. Raises Incorrect, NoBaseline."""
        for _ in range(TIMED):
            time_workload(program, arena, workload, error, request, self.monitor, found)
            measured = found.measurements[-1]
            wrong = self._impossible(workload, arena, measured["time_ms"])
            if wrong is not None:
                raise Incorrect(wrong)
            wrong = self._impossible(workload, arena, measured["baseline_ms"])
            if wrong is None:
                return
            # No yardstick: neither this measurement, nor the baseline where its time is impossible alone as well.
            found.measurements.pop()
            arena.rank()
            self._leave_out_impossible(workload, arena)
        name = measured["baseline"]
        raise Incorrect(f"only beside this candidate the time of baseline {name} is impossible: {wrong}")

    def _leave_out_impossible(self, workload: Json, arena: Arena) -> None:
        """Raises NoBaseline where that leaves none: then what the workload says of itself is wrong."""
        while arena.baselines and (wrong := self._impossible(workload, arena, arena.alone_ms[arena.fastest])):
            arena.leave_out(arena.fastest, f"its time is impossible: {wrong}")
        if not arena.baselines:
            why = "; ".join(f"{name}: {why}" for name, why in arena.left_out.items())
            raise NoBaseline(
                f"workload {workload['name']} has no baseline whose time is possible ({why}). "
                "The kernel's flops or bytes for it do not match the computation."
            )

    def _impossible(self, workload: Json, arena: Arena, time_ms: float) -> str | None:
        if self._limits is None:
            return None
        return surely_impossible(workload, time_ms, arena.rotated_bytes, self._limits, device.rates)

    def _load(self, path: Path) -> ModuleType:
        module = self._trusted.get(str(path))
        if module is None:
            spec = importlib.util.spec_from_file_location(f"reference_{len(self._trusted)}", path)
            if spec is None or spec.loader is None:
                raise ValueError(f"reference {path} is not a Python file")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._trusted[str(path)] = module
        return module

    def _environment(self, found: Measured) -> Json:
        known = [clock for clock in found.clocks if clock > 0]
        return {
            "torch": torch.__version__,
            "triton": triton.__version__,
            "cudnn": torch.backends.cudnn.version() or 0,
            "driver": self.monitor.driver(),
            "gpu": self.gpu,
            "uuid": self.uuid,
            "sm_clock_mhz": [min(known, default=0), max(known, default=0)],
            "temperature_c": self.monitor.temperature_c(),
            "dropped_rounds": found.dropped_rounds,
            "baseline_kernels": dict(self._kernel_names),
            "baselines_left_out": found.left_out,
            "baseline_versions": found.versions,
        }


def _context_lost() -> bool:
    """True after an error that every later call would repeat (illegal access and the like)."""
    try:
        torch.cuda.synchronize()
        return False
    except RuntimeError:
        return True


def _ran(trusted: ModuleType, arena: Any) -> str:  # noqa: ANN401 - an Arena
    """The device kernel that the fastest baseline spent most of its time in, as the profiler names it."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        trusted.baselines()[arena.fastest](arena.main.shape, arena.main.inputs)
        torch.cuda.synchronize()
    events = [event for event in profiler.key_averages() if event.self_device_time_total > 0]
    return max(events, key=lambda event: event.self_device_time_total).key if events else "unknown"


def serve(channel: Channel, lane: Lane) -> None:
    """Answers requests until the input ends or the context is lost."""
    while (request := channel.receive()) is not None:
        identity = request.get("id")
        try:
            if request["type"] == "describe":
                channel.send({"type": "described", "id": identity, **lane.described()})
            elif request["type"] == "probe":
                wrong = device.probe()
                channel.send({"type": "probed", "id": identity, "ok": wrong is None, "message": wrong})
            elif request["type"] == "measure":
                reply = lane.measure(request)
                channel.send({"type": "measured", "id": identity, **reply})
                if reply["fatal"]:
                    os._exit(FATAL_EXIT)
            else:
                raise ValueError(f"a measuring process does not answer {request['type']}")
        except Exception as error:
            channel.send({"type": "error", "id": identity, "message": f"{type(error).__name__}: {error}"})


def main() -> None:
    channel = open_channel()
    device.warm_up()
    lane = Lane(channel)
    name = torch.cuda.get_device_name(0)
    channel.send(
        {"type": "ready", "torch": torch.__version__, "triton": triton.__version__, "pid": os.getpid(), "device": name}
    )
    serve(channel, lane)


if __name__ == "__main__":
    sys.exit(main())
