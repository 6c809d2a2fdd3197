"""Says the version of a compiler that is not there."""

import sys

from control import has

if has("no nvrtc"):
    sys.exit("the CUDA backend needs NVRTC (libnvrtc.so), which is in none of /usr/local/cuda. Set CUDA_HOME.")
print("13.0")
