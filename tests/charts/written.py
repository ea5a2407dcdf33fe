"""Where the texts of a figure stand: which meet, and which leave the page."""

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.text import Text

from crink_abm.charts import style


def texts(fig):
    """(text, box) of all that is written in a figure."""
    with style.context():
        fig.draw_without_rendering()
        return _texts(fig)


def _texts(fig):
    hidden = set()
    for ax in fig.findobj(Axes):
        for axis, span in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            low, high = sorted(span)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not ax.axison or not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    hidden |= {tick.label1, tick.label2}
    shown = [one for one in fig.findobj(Text) if one.get_visible() and one.get_text().strip() and one not in hidden]
    return [(one.get_text(), one.get_window_extent()) for one in shown]


def overlaps(fig):
    """Pairs of texts that meet by more than half a pixel."""
    found = []
    for (one, a), (other, b) in combinations(texts(fig), 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 0.5 and high > 0.5:
            found.append((one, other))
    return found


def outside(fig):
    """Texts that leave the page."""
    box = fig.bbox
    return [one for one, a in texts(fig) if a.x0 < -0.5 or a.y0 < -0.5 or a.x1 > box.x1 + 0.5 or a.y1 > box.y1 + 0.5]
