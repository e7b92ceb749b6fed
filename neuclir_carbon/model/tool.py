"""This program, as documents name the tool that wrote them."""

from neuclir_carbon import __version__
from neuclir_carbon.model.record import Tool

THIS_TOOL = Tool(name="neuclir-carbon", version=__version__)
