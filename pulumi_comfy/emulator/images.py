"""Pictures for runs: drawn from the prompt, the seed and the sampler's settings, with a caption."""

from __future__ import annotations

import hashlib
import io
import math
import random
import struct
import textwrap
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont

_AFTER_HEADER = 33
_SMALL = 96
_LARGEST = 4096


@dataclass(frozen=True)
class Picture:
    """Everything a picture depends on; two equal pictures have equal bytes."""

    width: int = 512
    height: int = 512
    prompt: str = ""
    negative: str = ""
    seed: int = 0
    steps: int = 20
    sampler: str = "euler"
    cfg: float = 7.0
    model: str = ""
    # The place in a batch.
    index: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Pixels, kept within what is sensible to draw."""
        return _within(self.width), _within(self.height)

    def random(self) -> random.Random:
        """A generator seeded by everything but the size."""
        facts = (self.prompt, self.negative, self.seed, self.steps, self.sampler, self.cfg, self.model, self.index)
        digest = hashlib.sha256(repr(facts).encode()).digest()
        return random.Random(int.from_bytes(digest, "big"))


def render_png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    return _encode(_draw(picture), "PNG")


def with_texts(png: bytes, texts: Mapping[str, str]) -> bytes:
    """The same PNG file with texts in it, by keyword."""
    chunks = [png[:_AFTER_HEADER]]
    for keyword, text in texts.items():
        chunk = b"tEXt" + keyword.encode("latin-1") + b"\0" + text.encode("latin-1", "replace")
        chunks += [struct.pack(">I", len(chunk) - 4), chunk, struct.pack(">I", zlib.crc32(chunk))]
    return b"".join((*chunks, png[_AFTER_HEADER:]))


def render_animation(picture: Picture, frames: int = 8, kind: str = "GIF") -> bytes:
    """A short animation of the picture, for video outputs; `kind` is GIF, WEBP or PNG."""
    drawn = []
    for frame in range(frames):
        image = _draw(
            Picture(**{**picture.__dict__, "width": 256, "height": 256, "index": picture.index * 100 + frame})
        )
        drawn.append(image.quantize(32))
    stream = io.BytesIO()
    drawn[0].save(stream, kind, save_all=True, append_images=drawn[1:], duration=120, loop=0)
    return stream.getvalue()


def _within(pixels: int) -> int:
    return max(1, min(_LARGEST, pixels))


def _encode(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, compress_level=1)
    return stream.getvalue()


def _draw(picture: Picture) -> Image.Image:
    dice = picture.random()
    width, height = picture.size
    small = _sky(dice)
    _clouds(small, dice)
    # Few steps leave noise in the picture.
    grain = 0.9 - picture.steps / 14
    if grain > 0:
        noise = Image.frombytes("L", small.size, dice.randbytes(_SMALL * _SMALL)).convert("RGB")
        small = Image.blend(small, noise, grain)
    image = small.resize((width, height), Image.Resampling.BICUBIC)
    _shapes(image, dice, contrast=picture.cfg)
    _caption(image, picture)
    return image


def _colour(dice: random.Random, hue: float, light: float) -> tuple[int, int, int]:
    """A colour of a hue (0 to 1) around a lightness."""
    angles = (hue, hue + 1 / 3, hue + 2 / 3)
    red, green, blue = (0.5 + 0.5 * math.cos(2 * math.pi * (angle + dice.uniform(-0.04, 0.04))) for angle in angles)
    return tuple(int(255 * min(1.0, light * (0.35 + 0.65 * part))) for part in (red, green, blue))  # type: ignore[return-value]


def _sky(dice: random.Random) -> Image.Image:
    hue = dice.random()
    top, bottom = _colour(dice, hue, 0.55), _colour(dice, hue + dice.uniform(0.1, 0.4), 1.0)
    column = Image.new("RGB", (1, 2))
    column.putpixel((0, 0), top)
    column.putpixel((0, 1), bottom)
    turned = column.resize((_SMALL * 2, _SMALL * 2), Image.Resampling.BICUBIC).rotate(dice.uniform(-40, 40))
    edge = _SMALL // 2
    return turned.crop((edge, edge, edge + _SMALL, edge + _SMALL))


def _clouds(image: Image.Image, dice: random.Random) -> None:
    hue = dice.random()
    layer = Image.new("RGB", image.size)
    mask = Image.new("L", image.size, 0)
    painter, stencil = ImageDraw.Draw(layer), ImageDraw.Draw(mask)
    for _ in range(dice.randint(4, 8)):
        x, y, radius = dice.uniform(0, _SMALL), dice.uniform(0, _SMALL), dice.uniform(8, 30)
        box = (x - radius, y - radius, x + radius, y + radius)
        painter.ellipse(box, fill=_colour(dice, hue + dice.uniform(0, 0.3), 1.0))
        stencil.ellipse(box, fill=dice.randint(90, 210))
    image.paste(layer.filter(ImageFilter.GaussianBlur(5)), (0, 0), mask.filter(ImageFilter.GaussianBlur(7)))


def _shapes(image: Image.Image, dice: random.Random, contrast: float) -> None:
    painter = ImageDraw.Draw(image, "RGBA")
    width, height = image.size
    opacity = int(max(20, min(140, 12 * contrast)))
    scale = min(width, height)
    for _ in range(dice.randint(3, 7)):
        x, y = dice.uniform(0, width), dice.uniform(0, height)
        radius = dice.uniform(0.05, 0.28) * scale
        sides = dice.choice((0, 3, 4, 6))
        fill = (*_colour(dice, dice.random(), 1.0), opacity)
        if sides == 0:
            painter.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        elif radius >= 1:
            painter.regular_polygon((x, y, radius), sides, rotation=dice.randint(0, 359), fill=fill)


def _caption(image: Image.Image, picture: Picture) -> None:
    width, height = image.size
    size = max(10, min(40, width // 28))
    if height < 3 * size or width < 64:
        return
    font = ImageFont.load_default(size)
    lines = textwrap.wrap(picture.prompt, max(8, int(width / (size * 0.55))))[:3] or ["(no prompt)"]
    lines.append(f"seed {picture.seed}  steps {picture.steps}  {picture.sampler}  cfg {picture.cfg:g}")
    line_height = int(size * 1.3)
    painter = ImageDraw.Draw(image, "RGBA")
    top = height - line_height * len(lines) - size // 2
    painter.rectangle((0, top - size // 2, width, height), fill=(0, 0, 0, 130))
    for number, line in enumerate(lines):
        painter.text((size // 2, top + number * line_height), line, font=font, fill=(255, 255, 255, 235))
