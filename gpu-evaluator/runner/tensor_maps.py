"""What a CUDA kernel's tensor maps look like: boxes of a tensor, as the tensor memory accelerator copies them.

A map sees the tensor's dimensions in `order`, the outermost first. The rows of a box lie in shared memory in pieces as
wide as the swizzle, one piece of all rows after the other, so the encoded map has one dimension more: the outer ones,
pieces, rows, elements of a piece. Nothing is imported here: exports bring this file.
"""

from __future__ import annotations

from typing import Any

# By torch's names of types.
KINDS = {"torch.float16": "fp16", "torch.bfloat16": "bf16", "torch.float32": "fp32"}
# CUtensorMapSwizzle by bytes.
SWIZZLES = {32: 1, 64: 2, 128: 3}
MAX_ROWS = 256


class BadMap(Exception):
    """A map that this tensor cannot have; the kernel definition's fault."""


def layout_of(tensor: Any, order: list[int], box: list[int], swizzle: int) -> dict[str, Any]:  # noqa: ANN401 - a tensor
    """The arguments of `cuda_driver.tensor_map` for a torch tensor, after its address. Raises BadMap."""
    if sorted(order) != list(range(tensor.dim())) or len(box) != len(order):
        raise BadMap(f"order {order} and box {box} do not fit a tensor of {tensor.dim()} dimensions")
    kind = KINDS.get(str(tensor.dtype))
    if kind is None:
        raise BadMap(f"no map of elements of {tensor.dtype}")
    if swizzle not in SWIZZLES:
        raise BadMap(f"a swizzle of {swizzle} bytes; possible are {', '.join(map(str, SWIZZLES))}")
    item = tensor.element_size()
    piece = swizzle // item
    view = tensor.permute(order)
    *outer, rows, columns = view.shape
    *outer_strides, row_stride, one = view.stride()
    if one != 1 or columns % piece or box[-1] % piece or not 0 < box[-2] <= MAX_ROWS:
        raise BadMap(f"a box of {box[-2]} rows of {box[-1]} elements in pieces of {piece}, of rows of {columns}")
    sizes = [*outer, columns // piece, rows]
    strides = [*outer_strides, piece, row_stride]
    # Of a dimension of size 1 any stride will do; the driver wants a multiple of 16 bytes.
    strides = [stride if size > 1 else piece for size, stride in zip(sizes, strides, strict=True)]
    return {
        "kind": kind,
        "item_bytes": item,
        "shape": [*sizes, piece],
        "strides": [*strides, 1],
        "block": [*box[:-2], box[-1] // piece, box[-2], piece],
        "swizzle": SWIZZLES[swizzle],
    }
