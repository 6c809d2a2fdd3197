"""A measuring process that does what the program says, on a device that can break."""

from __future__ import annotations

import os
import sys
import time

from control import has, log, put
from protocol import Channel, Frame, open_channel

UUID = os.environ["CUDA_VISIBLE_DEVICES"]
CAPABILITY = [9, 0]


def measurement(workload: Frame) -> Frame:
    times = {"time_ms": 0.01, "baseline_ms": 0.02, "baseline": "cudnn", "speedup": 2.0, "speedup_low": 1.9}
    rest = {"speedup_high": 2.1, "gflops": 1000.0, "peak_share": 0.2, "error": 0.001, "samples": [0.01]}
    return {"workload": workload["name"], **times, **rest, "others": {"flash": 0.03}}


def measure(channel: Channel, request: Frame) -> None:
    act = request["program"]["act"]
    log(f"measure {act} {os.getpid()}")
    about = {"id": request["id"]}
    channel.send({"type": "stage", **about, "stage": "VERIFYING"})
    reply = {"type": "measured", **about, "outcome": "ok", "message": None, "stopped_early": False, "fatal": False}
    reply |= {"measurements": [measurement(w) for w in request["workloads"]], "lane_ms": 1.0}
    left_out = {w["name"]: {"efficient": "No available kernel. It wants as many heads."} for w in request["workloads"]}
    reply["environment"] = {"gpu": UUID, "sm_clock_mhz": [1970, 1980], "baselines_left_out": left_out}
    reply["environment"]["baseline_versions"] = {"flash": "4.0.0b36"}
    if act == "incorrect":
        reply |= {"outcome": "incorrect", "message": "relative error 0.4", "measurements": []}
    elif act == "no baseline":
        reply |= {"outcome": "baseline_failed", "message": "workload w has no baseline", "measurements": []}
    elif act in ("illegal access", "break device"):
        if act == "break device":
            put(f"broken {UUID}")
        reply |= {"outcome": "crashed", "message": "an illegal memory access", "measurements": [], "fatal": True}
        channel.send(reply)
        sys.exit(3)
    elif act == "hang device":
        time.sleep(3600)
    elif act == "measurer dies":
        os.kill(os.getpid(), 9)
    elif act == "measurer garbage":
        channel.send({"type": "measured", **about, "outcome": "ok"})
        return
    elif act == "busy device" and not has("no longer busy"):
        put("no longer busy")
        channel.send({"type": "error", **about, "message": "out of memory"})
        return
    channel.send({"type": "stage", **about, "stage": "TIMING"})
    if has("slow"):
        time.sleep(0.05)
    channel.send(reply)


def main() -> None:
    channel = open_channel()
    log(f"measurer {os.getpid()} {sorted(os.environ)}")
    channel.send({"type": "ready", "torch": "2.11.0", "triton": "3.6.0", "pid": os.getpid(), "device": UUID})
    while (request := channel.receive()) is not None:
        about = {"id": request["id"]}
        if request["type"] == "describe":
            device = {"name": "Fake GPU", "uuid": UUID, "capability": CAPABILITY, "peak_gflops": 790000.0}
            device |= {"other_processes": 2 if has("crowded") else 0}
            facts = {"device": device, "target": {"arch": 90}, "toolchain": "fake 1"}
            channel.send({"type": "described", **about, **facts})
        elif request["type"] == "probe":
            broken = has(f"broken {UUID}")
            log(f"probe {'failed' if broken else 'passed'}")
            channel.send({"type": "probed", **about, "ok": not broken, "message": "wrong answer" if broken else None})
        else:
            measure(channel, request)


main()
