"""This program, as documents name the tool that wrote them."""

from neuclir_carbon.model.record import Tool
from neuclir_carbon.version import __version__

THIS_TOOL = Tool(name="neuclir-carbon", version=__version__)
