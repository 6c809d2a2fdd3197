"""Facts of the device, measured and read, and a known-good kernel that tells whether it still works."""

from __future__ import annotations

import platform
from typing import Any

import torch
import triton
from nvml import Monitor
from plausible import Limits
from timing import cache_bytes, capture, time_rounds

Json = dict[str, Any]

MATRIX, COPIED = 8192, 1 << 30
EMPTY_LAUNCHES = 64


def warm_up() -> None:
    """Opens the context and loads what the first evaluation would wait for."""
    one = torch.ones(256, 256, device="cuda", dtype=torch.bfloat16)
    if float((one @ one).float().sum()) != 256.0**3:
        raise RuntimeError("a matrix product of ones is wrong")


def probe() -> str | None:
    """Null when a matrix product, a sum and a copy are right; otherwise what was wrong."""
    try:
        generator = torch.Generator("cuda").manual_seed(1)
        left = torch.randint(-4, 5, (512, 512), generator=generator, device="cuda").float()
        right = torch.randint(-4, 5, (512, 512), generator=generator, device="cuda").float()
        got = (left.bfloat16() @ right.bfloat16()).float().cpu()
        wanted = left.cpu() @ right.cpu()
        # Small integers: exact in bfloat16 up to the rounding of the result.
        off = float((got - wanted).abs().max() / wanted.abs().max())
        return None if off < 1e-2 else f"a matrix product is off by {off:.2e} of its largest element"
    except RuntimeError as error:
        return str(error).splitlines()[0]


def target() -> Json:
    """The facts about the device that a compile process needs."""
    facts = torch.cuda.get_device_properties(0)
    return {
        "arch": facts.major * 10 + facts.minor,
        "warp_size": facts.warp_size,
        "max_shared_bytes": facts.shared_memory_per_block_optin,
        "max_registers": facts.regs_per_multiprocessor,
        "multiprocessors": facts.multi_processor_count,
    }


def rates() -> tuple[float, float]:
    """GFLOP/s of a matrix product, GB/s of a copy."""
    return _matrix_gflops(), _copy_gbytes_s()


def limits() -> Limits:
    """The limits that no result can exceed."""
    peak, copy = rates()
    return Limits(peak, copy, _empty_launch_ms(), cache_bytes())


def _empty_launch_ms() -> float:
    """Of a kernel that adds nothing to one number, in a replay of many."""
    one = torch.zeros(1, device="cuda")
    replay = capture([lambda: one.add_(0)] * EMPTY_LAUNCHES)
    return min(time_rounds({"empty": replay}, 8)["empty"])


def describe(monitor: Monitor, limits: Limits) -> Json:
    facts = torch.cuda.get_device_properties(0)
    return {
        "name": facts.name,
        "uuid": f"GPU-{facts.uuid}",
        "capability": [facts.major, facts.minor],
        "multiprocessors": facts.multi_processor_count,
        "memory_bytes": facts.total_memory,
        "peak_gflops": limits.peak_gflops,
        "copy_gbytes_s": limits.copy_gbytes_s,
        "other_processes": max(0, monitor.processes() - 1),
    }


def toolchain(monitor: Monitor) -> str:
    """One line: what makes two evaluations comparable."""
    cudnn = torch.backends.cudnn.version()
    parts = [f"torch {torch.__version__}", f"triton {triton.__version__}", f"cuDNN {cudnn}"]
    return ", ".join([*parts, f"driver {monitor.driver()}", f"Python {platform.python_version()}"])


def _matrix_gflops() -> float:
    """bfloat16 matrix product of random data, the card's own rate."""
    left, right = (torch.randn(MATRIX, MATRIX, device="cuda").bfloat16() for _ in range(2))
    return 2 * MATRIX**3 / _fastest_ms(lambda: left @ right) / 1e6


def _copy_gbytes_s() -> float:
    """Device-to-device copy, bytes read and written."""
    source = torch.empty(COPIED, dtype=torch.uint8, device="cuda")
    room = torch.empty_like(source)
    return 2 * COPIED / _fastest_ms(lambda: room.copy_(source)) / 1e6


def _fastest_ms(run: Any) -> float:  # noqa: ANN401 - any callable
    times = []
    for _ in range(8):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        run()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return sorted(times)[len(times) // 2]
