"""The figure of coverage by certificates."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.inventory import LEVELS
from neuclir_carbon.report import words
from neuclir_carbon.report.svg import EDGE, WIDTH, Canvas, Drawing


def coverage_drawing(coverage: Mapping[str, Any]) -> Drawing | None:
    """A bar for each level: the share of the teams' central emissions that certificates cover at it or above."""
    levels = [_Level.of(name, coverage[name]) for name in LEVELS]
    if all(level.share is None and not level.reason for level in levels):
        return None
    row, side, full = 34.0, 14.0, WIDTH - 2 * EDGE
    canvas = Canvas(WIDTH, len(levels) * row + 22)
    longest = max(1.0, *(level.share or 0.0 for level in levels))
    for index, level in enumerate(levels):
        indent = side if level.is_side_branch else 0.0
        text, middle = index * row + 14, index * row + 24
        canvas.text(EDGE + indent, text, level.label, "ink", size=12.5)
        canvas.text(WIDTH - EDGE, text, level.said, "held" if level.reason else "ink", size=12.5, anchor="right")
        if level.share is not None:
            canvas.box(EDGE + indent, middle - 4, full - indent, 8, "rule")
        if level.share:
            length = (full - indent) * level.share / longest
            canvas.box(EDGE + indent, middle - 4, length, 8, "likely" if level.is_side_branch else "accent")
    end = len(levels) * row + 16
    canvas.text(EDGE, end, "0 %", "muted", size=10.5)
    canvas.text(WIDTH - EDGE, end, f"{longest:.0%} of the teams’ emissions".replace("%", " %"), "muted", size=10.5,
                anchor="right")  # fmt: skip
    said = "; ".join(f"{level.label}: {level.said}" for level in levels) + "."
    title = "Coverage by certificates, at least at each level"
    caption = "Coverage does not measure credit quality. List-matched is a side branch out of documented."
    svg, told = canvas.svg("coverage", title, said), any(level.share is not None for level in levels)
    return Drawing(name="coverage", title=title, caption=caption, svg=svg, canvas=canvas, is_told=told)


@frozen(kw_only=True)
class _Level:
    """One level of coverage as it is drawn; `share` is None where it is unknown or withheld."""

    label: str
    share: float | None
    said: str
    reason: str = ""

    @classmethod
    def of(cls, name: str, value: Any) -> "_Level":
        label = words.plainly(name)
        reason = words.reason_of(value) or words.reason_of(value.get("share"))
        if reason:
            band = words.cell(value if words.is_withheld(value) else value["share"], words.share)
            return cls(label=label, share=None, said=band.text, reason=reason)
        kg = words.cell(value["kg"], words.mass).text
        return cls(label=label, share=value["share"], said=f"{kg} · {words.share(value['share'])}")

    @property
    def is_side_branch(self) -> bool:
        return self.label == words.plainly("list_matched")
