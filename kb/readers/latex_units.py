"""Numbers and units as siunitx sets them: 3e-5 as 3 × 10⁻⁵, \\metre\\per\\second as m s⁻¹.

Reads: arguments of \\num, \\qty, \\SI, \\unit, \\ang and their lists and ranges.  Gives: text; chemical formulas too.
"""

from __future__ import annotations

import re

from kb.readers.scripts import lowered, raised

_PREFIXES = {
    "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m",
    "centi": "c", "deci": "d", "deca": "da", "deka": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G",
    "tera": "T", "peta": "P", "exa": "E", "zetta": "Z", "yotta": "Y", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi",
    "tebi": "Ti",
}
_UNITS = {
    "metre": "m", "meter": "m", "kilogram": "kg", "kilogramme": "kg", "gram": "g", "gramme": "g", "second": "s",
    "ampere": "A", "kelvin": "K", "mole": "mol", "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa",
    "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb",
    "tesla": "T", "henry": "H", "celsius": "°C", "degreeCelsius": "°C", "lumen": "lm", "lux": "lx", "becquerel": "Bq",
    "gray": "Gy", "sievert": "Sv", "katal": "kat", "radian": "rad", "steradian": "sr", "minute": "min", "hour": "h",
    "day": "d", "litre": "L", "liter": "L", "tonne": "t", "hectare": "ha", "electronvolt": "eV", "dalton": "Da",
    "atomicmassunit": "u", "astronomicalunit": "au", "percent": "%", "degree": "°", "arcminute": "′", "arcsecond": "″",
    "bel": "B", "decibel": "dB", "neper": "Np", "bit": "bit", "byte": "B", "angstrom": "Å", "bar": "bar",
    "mmHg": "mmHg", "barn": "b", "knot": "kn", "parsec": "pc", "year": "a", "point": "pt", "permille": "‰",
    "mm": "mm", "cm": "cm", "km": "km", "um": "µm", "nm": "nm", "pm": "pm", "fm": "fm", "m": "m", "kg": "kg", "g": "g",
    "mg": "mg", "ug": "µg", "s": "s", "ms": "ms", "us": "µs", "ns": "ns", "ps": "ps", "fs": "fs", "h": "h",
    "min": "min",
    "Hz": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "THz": "THz", "mHz": "mHz", "V": "V", "mV": "mV", "kV": "kV",
    "A": "A", "mA": "mA", "uA": "µA", "W": "W", "mW": "mW", "kW": "kW", "MW": "MW", "uW": "µW", "J": "J", "kJ": "kJ",
    "eV": "eV", "keV": "keV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV", "meV": "meV", "N": "N", "kN": "kN", "Pa": "Pa",
    "kPa": "kPa", "MPa": "MPa", "GPa": "GPa", "K": "K", "mol": "mol", "l": "l", "L": "L", "ml": "ml", "mL": "mL",
    "dB": "dB", "F": "F", "pF": "pF", "nF": "nF", "uF": "µF", "kWh": "kW h", "T": "T", "mT": "mT", "uT": "µT",
}
_NUMBER = re.compile(
    r"\s*+(?P<sign>[-+−]|\\pm)?\s*+(?P<value>\d[\d\s]*(?:[.,]\d+)?|[.,]\d+)?\s*(?P<open>\(\d+(?:\.\d+)?\))?"
    r"(?P<about>\s*(?:\+-|\\pm)\s*[\d.,]+)?\s*(?:[eEdD]\s*(?P<power>[-+]?\d+))?\s*")


def number(text: str) -> str:
    """A number as siunitx sets it; text that is no number stays as it is."""
    parts = [_single(part) for part in re.split(r"\s*(?:\bx\b|(?<=\d)x(?=[\d. ])|/)\s*", text.strip("{} "))]
    if None in parts or not text.strip("{} "):
        return re.sub(r"^\{|\}$", "", text.strip())
    return (" / " if "/" in text else " × ").join(part for part in parts if part)


def _single(text: str) -> str | None:
    found = _NUMBER.fullmatch(text)
    if found is None or not (found["value"] or found["power"]):
        return None
    sign = {"\\pm": "±", None: ""}.get(found["sign"], found["sign"] or "")
    value = re.sub(r"\s+", "", found["value"] or "").replace(",", ".")
    value = "0" + value if value.startswith(".") else value
    about = re.sub(r"\s*(?:\+-|\\pm)\s*", " ± ", found["about"] or "")
    value = sign + value + (found["open"] or "") + about
    if not found["power"]:
        return value
    power = "10" + raised("10", found["power"].removeprefix("+"))
    return f"({value}) × {power}" if about else f"{value} × {power}" if found["value"] else sign + power


def unit(text: str) -> str:
    """A unit in siunitx's words (\\kilo\\gram\\per\\cubic\\metre) or letters (kg.m^{-3}), as kg m⁻³."""
    if "\\" not in text:
        text = re.sub(r"\s*[.~]\s*", " ", text.strip())
        text = re.sub(r"_\{?(\w+)\}?", lambda found: lowered("m", found[1]), text)
        return re.sub(r"\^\{?([-−]?\d+)\}?", lambda found: raised("m", found[1]), text)
    written: list[str] = []
    prefix, power, sign = "", "", ""
    for found in re.finditer(r"\\([A-Za-z]+)\s*(?:\{([^{}]*)\})?|[^\\\s{}~.]+", text):
        name = found[1]
        if name in ("per",):
            sign = "-"
        elif name in ("square", "cubic", "raiseto"):
            power = {"square": "2", "cubic": "3"}.get(name, found[2] or "")
        elif name in ("squared", "cubed", "tothe") and written:
            power = {"squared": "2", "cubed": "3"}.get(name, found[2] or "")
            written[-1] = _powered(written[-1].rstrip("⁻¹"), power, "-" if written[-1].endswith("⁻¹") else "")
            power = ""
        elif name in ("of",) and written:
            written[-1] += "_{" + (found[2] or "") + "}"
        elif name in _PREFIXES:
            prefix = _PREFIXES[name]
        else:
            symbol = _UNITS.get(name or "", name or found.group())
            written.append(_powered(prefix + symbol, power, sign))
            prefix, power, sign = "", "", ""
    return " ".join(written)


def _powered(symbol: str, power: str, sign: str) -> str:
    power = sign + (power or ("1" if sign else ""))
    return symbol + raised(symbol, power) if power else symbol


def quantity(value: str, of: str) -> str:
    """A number with its unit: degrees and minutes of angles follow at once, all others after a space."""
    written, symbol = number(value), unit(of)
    return written + ("" if not symbol or symbol[0] in "°′″" and symbol != "°C" else " ") + symbol


def listed(values: str, of: str = "") -> str:
    """\\numlist and \\SIlist: 1, 2 and 3 m."""
    parts = [quantity(part, of) if of else number(part) for part in values.split(";") if part.strip()]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def ranged(first: str, last: str, of: str = "") -> str:
    """\\numrange and \\SIrange: 1 m to 5 m."""
    return f"{quantity(first, of)} to {quantity(last, of)}" if of else f"{number(first)} to {number(last)}"


def angle(text: str) -> str:
    """\\ang{12;30;5} as 12°30′5″."""
    return "".join(number(part) + sign for part, sign in zip(text.split(";"), "°′″", strict=False) if part.strip())


def chemical(text: str) -> str:
    """\\ce{2 H2O + SO4^2-} as 2 H₂O + SO₄²⁻."""
    text = re.sub(r"<=>|<-->", "⇌", text).replace("<->", "↔").replace("->", "→").replace("<-", "←")
    text = re.sub(r"\^\{([^{}]*)\}|\^(\d*[+-]|\d+)", lambda found: raised("X", found[1] or found[2] or ""), text)
    text = re.sub(r"_\{([^{}]*)\}|_(\d+)", lambda found: lowered("X", found[1] or found[2] or ""), text)
    text = re.sub(r"(?<=[A-Za-z)\]])\d+(?:\.\d+)?", lambda found: lowered("X", found.group()), text)
    return re.sub(r"(?<=[A-Za-z₀-₉)\]])([+-])(?=\s|$)", lambda found: raised("X", found[1]), text)
