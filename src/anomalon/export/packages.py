"""The packages of the extra `trigger`, each imported where it is first needed."""

from importlib import import_module
from typing import Any

from anomalon.core.errors import MissingExtra

__all__ = ["needed"]


def needed(package: str, purpose: str) -> Any:
    """The package.

    Args:
        package: Name of the module.
        purpose: What needs it, for the message.

    Raises:
        MissingExtra: If it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or package, "trigger", purpose) from error
