"""The version: one place, read by the build, the package and every document that names its tool."""

__version__ = "0.1.0"
