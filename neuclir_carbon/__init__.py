"""neuclir-carbon: carbon reporting for benchmark submissions.

The public names are `measure` and `__version__`. `measure` is loaded on first use, so that importing the package costs
nothing; not even `typing` is imported, since `run` starts the child before anything slow.
"""

from neuclir_carbon.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuclir_carbon.workflow.measuring import measure as measure

__all__ = ["__version__", "measure"]


def __getattr__(name: str) -> object:
    if name == "measure":
        from neuclir_carbon.workflow.measuring import measure

        return measure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
