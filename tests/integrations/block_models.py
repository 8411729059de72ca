"""PyTorch networks with parts that are summarised as blocks: shapes that the world uses, with random weights."""

from __future__ import annotations

from typing import Any

from tests.integrations.models import functional, nn, torch


class BasicBlock(nn.Module):
    """Two convolutions and a way around them, as in ResNet-18."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample: Any = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Any) -> Any:
        around = x if self.downsample is None else self.downsample(x)
        x = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        x += around
        return self.relu(x)


class ResNet18(nn.Module):
    """ResNet-18 with names and structure of torchvision's, of so many channels at first."""

    def __init__(self, channels: int = 64, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for index in range(4):
            after, stride = channels * 2**index, 1 + (index > 0)
            first = BasicBlock(after // stride, after, stride)
            setattr(self, f"layer{index + 1}", nn.Sequential(first, BasicBlock(after, after)))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels * 8, classes)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class CausalSelfAttention(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.attn_dropout, self.resid_dropout = nn.Dropout(0.1), nn.Dropout(0.1)
        self.heads = heads

    def forward(self, x: Any) -> Any:
        count, length, size = x.shape
        parts = [part.view(count, length, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(size, dim=2)]
        p = self.attn_dropout.p if self.training else 0
        x = functional.scaled_dot_product_attention(*parts, dropout_p=p, is_causal=True)
        return self.resid_dropout(self.c_proj(x.transpose(1, 2).reshape(count, length, size)))


class GPTBlock(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(size), CausalSelfAttention(size, heads), nn.LayerNorm(size)
        self.mlp = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU("tanh"), nn.Linear(4 * size, size))

    def forward(self, x: Any) -> Any:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    """GPT-2: 12 blocks, positions learned, the last layer tied to the embedding; small in its sizes."""

    def __init__(self, words: int = 97, length: int = 8, size: int = 24, heads: int = 2, depth: int = 12) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(words, size),
                "wpe": nn.Embedding(length, size),
                "drop": nn.Dropout(0.1),
                "h": nn.ModuleList(GPTBlock(size, heads) for _ in range(depth)),
                "ln_f": nn.LayerNorm(size),
            }
        )
        self.lm_head = nn.Linear(size, words, bias=False)
        self.transformer["wte"].weight = self.lm_head.weight

    def forward(self, tokens: Any) -> Any:
        parts = self.transformer
        x = parts["drop"](parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1], device=tokens.device)))
        for block in parts["h"]:
            x = block(x)
        return self.lm_head(parts["ln_f"](x))


class ViT(nn.Module):
    """Patches of a picture, a token for the class, positions as a parameter, PyTorch's own encoder."""

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, size, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, size))
        self.positions = nn.Parameter(torch.randn(1, 5, size))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(size, 2, 32, batch_first=True), 3)
        self.norm, self.head = nn.LayerNorm(size), nn.Linear(size, 10)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1) + self.positions
        return self.head(self.norm(self.encoder(x))[:, 0])


class Reader(nn.Module):
    """A text is read by an LSTM, and what it ends with is judged."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.lstm, self.out = nn.Embedding(30, 8), nn.LSTM(8, 12, 2, batch_first=True), nn.Linear(12, 2)

    def forward(self, x: Any) -> Any:
        return self.out(self.lstm(self.words(x))[1][0][-1])


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 8))
        back = nn.ConvTranspose2d(4, 1, 4, 2, 1)
        self.decoder = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Unflatten(1, (4, 4, 4)), back, nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))


def vgg() -> Any:
    """A long chain of convolutions without any module of its own."""
    parts: list[Any] = []
    before = 3
    for after in (8, 8, 0, 16, 16, 0, 32, 32, 32, 0):
        if after:
            parts += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            before = after
        else:
            parts.append(nn.MaxPool2d(2))
    head = nn.Sequential(nn.Linear(128, 64), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(64, 10))
    return nn.Sequential(nn.Sequential(*parts), nn.Flatten(), head)


def cnn() -> Any:
    """Pictures of 1 x 8 x 8, in few parts: a convolution, a norm, a pool, a layer that is drawn."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 12),
        nn.LayerNorm(12),
        nn.ReLU(inplace=True),
        nn.Linear(12, 3),
    )
