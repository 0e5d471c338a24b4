"""A block of attention in PyTorch, with which several benchmarks compare."""

import torch
from torch import nn


class Block(nn.Module):
    """As `anomalon.learn.models.attention.Block`."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.network = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        n, k, width = x.shape
        q, key, v = (
            self.qkv(self.before(x)).reshape(n, k, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        )
        heard = nn.functional.scaled_dot_product_attention(q, key, v, mask[:, None, None, :])
        x = x + self.output(heard.permute(0, 2, 1, 3).reshape(n, k, width))
        return x + self.network(self.between(x))
