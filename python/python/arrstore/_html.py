"""Arrays in notebooks: a table of sizes, and a picture of the chunks."""

import html
import math

_SIDE = 160
_LINES = 24


def bytes_in_words(n):
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if n < 1024 or unit == "TiB":
            return f"{n} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024


def represent(self):
    """HTML with type, shape, chunks and sizes, and a picture of the last two axes."""
    rows = [("Shape", self.shape), ("Type", self.dtype), ("Size", bytes_in_words(self.nbytes))]
    if self.chunks:
        count = math.prod(-(-n // c) for n, c in zip(self.shape, self.chunks))
        chunk = math.prod(self.chunks) * self.itemsize
        rows += [("Chunks", f"{count:,} of {self.chunks}"), ("Chunk size", bytes_in_words(chunk))]
    else:
        rows.append(("Elements", "computed when asked for"))
    if self.origin:
        path, name, commit = self.origin
        rows.append(("File", f"{path}{':' + name if name else ''}{f', commit {commit}' if commit else ''}"))
    cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{html.escape(str(v))}</td></tr>" for k, v in rows)
    return f"<div style='display:flex;gap:2em;align-items:center'><table>{cells}</table>{picture(self.shape, self.chunks)}</div>"


def picture(shape, chunks):
    """An SVG of the last two axes, with lines between chunks."""
    if not shape or 0 in shape:
        return ""
    rows, columns = (1, shape[0]) if len(shape) == 1 else shape[-2:]
    longest = max(rows, columns)
    # a side is never so short that nothing of it can be seen
    height, width = (max(_SIDE * n / longest, 12) for n in (rows, columns))
    lines = ""
    if chunks:
        down, across = (1, chunks[0]) if len(shape) == 1 else chunks[-2:]
        for n, step, extent, draw in ((rows, down, height, _level), (columns, across, width, _upright)):
            count = -(-n // step)
            # with many chunks, only some of the lines are drawn
            every = -(-count // _LINES)
            lines += "".join(draw(extent * k * step / n, width, height) for k in range(every, count, every))
    frame = f"<rect width='{width:.1f}' height='{height:.1f}' fill='#8cb4d8' stroke='#235'/>"
    return f"<svg width='{width + 2:.1f}' height='{height + 2:.1f}'><g transform='translate(1,1)'>{frame}{lines}</g></svg>"


def _level(y, width, height):
    return f"<line x1='0' x2='{width:.1f}' y1='{y:.1f}' y2='{y:.1f}' stroke='#235' stroke-width='0.5'/>"


def _upright(x, width, height):
    return f"<line x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='{height:.1f}' stroke='#235' stroke-width='0.5'/>"
