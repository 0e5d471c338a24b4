"""Numbers as people read them: PDG rounding, units, and plain words for what has no number.

The rule of the Particle Data Group (Review of Particle Physics, introduction, sec. 5.3): of the
three leading digits of the uncertainty, 100-354 keep two digits, 355-949 keep one, 950-999 become
1000 and keep two. The value goes to the same decimal place.
"""

from math import floor, inf, isfinite, isinf, isnan, log10

__all__ = ["count", "decimals", "efficiency", "measured", "p_value", "percent", "plain", "sigmas"]

_NONE = "none"
_NARROW = "\u202f"  # narrow no-break space: numbers are not torn apart at a line's end
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimals(uncertainty: float) -> int:
    """Decimal places that the PDG rule gives to a positive uncertainty; negative left of the point.

    Example:
        >>> [decimals(sigma) for sigma in (0.354, 0.355, 0.96, 12.3, 480.0)]
        [2, 1, 1, 0, -2]
    """
    exponent = floor(log10(uncertainty))
    leading = round(uncertainty / 10.0 ** (exponent - 2))
    if leading >= 1000:  # 999.6 rounds up to the next power of ten
        exponent, leading = exponent + 1, 100
    if leading >= 950:
        exponent, leading = exponent + 1, 100
    return (1 if leading < 355 else 0) - exponent


def _fixed(value: float, places: int) -> str:
    rounded = round(value, places)
    text = f"{rounded + 0.0:,.{max(places, 0)}f}".replace(",", _NARROW)
    return text.replace("-", "−")


def measured(value: float | None, *uncertainties: float | None, unit: str = "") -> str:
    r"""A value and its uncertainties, rounded by the largest of them.

    Example:
        >>> measured(123.456, 7.89)
        '123\xa0± 8'
        >>> measured(0.8273, 0.0119, 0.02)
        '0.827\xa0± 0.012\xa0± 0.020'
    """
    if value is None or not isfinite(value):
        return _NONE
    known = [u for u in uncertainties if u is not None and isfinite(u)]
    places = decimals(max(known)) if known and max(known) > 0 else None
    if places is None:
        parts = [plain(value), *("0" for _ in known)]
    else:
        parts = [_fixed(value, places), *(_fixed(u, places) for u in known)]
    return "\u00a0± ".join(parts) + (f" {unit}" if unit else "")


def plain(value: float | None, digits: int = 3) -> str:
    """A number without an uncertainty, to so many significant digits.

    Example:
        >>> plain(0.012345), plain(4.0), plain(None)
        ('0.0123', '4', 'none')
    """
    if value is None or isnan(value):
        return _NONE
    if isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = floor(log10(abs(value)))
    if size >= 6 or size < -4:
        return _scientific(value, digits)
    places = digits - 1 - size
    text = _fixed(value, max(places, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return f"{mantissa}{_NARROW}×{_NARROW}{power}".replace("-", "−")


def count(value: float | None) -> str:
    r"""A number of events, with thin spaces between thousands.

    Example:
        >>> count(12345.0).replace("\u202f", " ")
        '12 345'
    """
    return _NONE if value is None or not isfinite(value) else _fixed(value, 0)


def sigmas(z: float | None) -> str:
    r"""A significance, with its sign; none for a p-value of one.

    Example:
        >>> sigmas(2.346)
        '+2.35\u202fσ'
    """
    if z is None or isnan(z) or z == -inf:  # JSON keeps neither
        return _NONE
    return f"{z:+.2f}{_NARROW}σ".replace("-", "−")


def p_value(p: float | None) -> str:
    r"""A probability; two digits are enough for any p-value.

    Example:
        >>> p_value(0.0312), p_value(3.21e-7), p_value(0.0)
        ('0.031', '3.2\u202f×\u202f10⁻⁷', 'below 10⁻³⁰⁰')
    """
    if p is None or isnan(p):
        return _NONE
    if p == 0:
        return "below 10⁻³⁰⁰"
    return plain(p, 2) if p >= 1e-3 else _scientific(p, 2)


def percent(share: float | None) -> str:
    r"""A share in percent.

    Example:
        >>> percent(0.1), percent(0.0213)
        ('10\u202f%', '2.13\u202f%')
    """
    return _NONE if share is None or isnan(share) else f"{plain(100 * share)}{_NARROW}%"


def efficiency(value: float) -> str:
    """The name of a working point.

    Example:
        >>> efficiency(1.0), efficiency(0.02)
        ('no cut', '2\u202f%')
    """
    return "no cut" if value >= 1 else percent(value)
