"""Trusted side of the kernel: inputs, the right answer, and cuDNN. A shape is {height, width}."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]
    Baseline = Callable[[dict[str, int], Tensors], torch.Tensor]

Shape = dict[str, int]
FILTER = 17


def hidden_shapes(shape: Shape, seed: int) -> list[Shape]:
    """Sizes that no tile divides, and an image smaller than a tile."""
    odd = 2 * (seed % 4)
    return [{"height": 301 + odd, "width": 517 - odd}, {"height": 5 + odd, "width": 3 + odd}]


def inputs(shape: Shape, seed: int) -> Tensors:
    """image [height + 16, width + 16] and filter [17, 17], float32, standard normal."""
    import torch

    generator = torch.Generator("cuda").manual_seed(seed)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=generator, device="cuda")

    return {"image": draw(shape["height"] + FILTER - 1, shape["width"] + FILTER - 1), "filter": draw(FILTER, FILTER)}


def output(shape: Shape) -> torch.Tensor:
    """Room for the answer, [height, width], unwritten."""
    import torch

    return torch.empty(shape["height"], shape["width"], dtype=torch.float32, device="cuda")


def reference(shape: Shape, given: Tensors) -> torch.Tensor:
    """The answer, summed in double precision, [height, width]."""
    image, weights = given["image"].double(), given["filter"].double()
    height, width = shape["height"], shape["width"]
    answer = image.new_zeros(height, width)
    for row in range(FILTER):
        for column in range(FILTER):
            answer.add_(image[row : row + height, column : column + width] * weights[row, column])
    return answer.float()


def baselines() -> dict[str, Baseline]:
    """cuDNN's choice without TF32, which would round the inputs."""
    import torch

    def cudnn(shape: Shape, given: Tensors) -> torch.Tensor:
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
            return torch.nn.functional.conv2d(given["image"][None, None], given["filter"][None, None])[0, 0]

    return {"cudnn": cudnn}
