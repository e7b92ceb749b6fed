"""neuclir-carbon: carbon reporting for benchmark submissions.

The public names are `measure` and `__version__`; both are loaded on first use, so importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuclir_carbon.workflow.measuring import measure as measure

__all__ = ["__version__", "measure"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "measure":
        from neuclir_carbon.workflow.measuring import measure

        return measure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
