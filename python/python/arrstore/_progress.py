"""A progress bar for terminals and notebooks."""

import sys
import time

_LAST = 2**64 - 1
_bar = None


class Bar:
    """One line on standard error, drawn anew while long work goes on."""

    WIDTH = 40

    def __init__(self, stream=None):
        self.stream = sys.stderr if stream is None else stream
        self.begun = None
        self.drawn = False

    def __call__(self, done, all):
        now = time.monotonic()
        if done == _LAST:
            self.end()
        elif self.begun is None:
            self.begun = now
        elif all and now - self.begun > 0.3:
            self.draw(done / all, now - self.begun)

    def draw(self, part, seconds):
        """Draws the part that is done, and the time that is left."""
        full = round(part * self.WIDTH)
        left = f"{seconds / part - seconds:.0f} s left" if part else ""
        line = f"[{'#' * full}{' ' * (self.WIDTH - full)}] {part:4.0%}  {left}"
        self.stream.write(f"\r{line:<{self.WIDTH + 24}}")
        self.stream.flush()
        self.drawn = True

    def end(self):
        """Ends the line."""
        if self.drawn:
            seconds = time.monotonic() - self.begun
            line = f"[{'#' * self.WIDTH}] done in {seconds:.1f} s"
            self.stream.write(f"\r{line:<{self.WIDTH + 24}}\n")
            self.stream.flush()
        self.begun, self.drawn = None, False


def show(wanted):
    """Turns the bar on or off. Any other callable is called with the work that is done and all of it."""
    global _bar
    _bar = Bar() if wanted is True else wanted or None


def observe(done, all):
    """Called by long work from time to time, and with the greatest numbers at its end."""
    if _bar is not None:
        _bar(done, all)
