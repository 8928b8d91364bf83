"""Units of measure: what they are worth in base units, so that 1 m is not 1 cm but is 100 cm."""

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a factor to the base unit of its dimension."""

    dimension: str
    """`length`, `money:dollar`, …; units of different dimensions contradict each other."""
    factor: Fraction
    power: int = 1
    """2 for square, 3 for cubic, negative below a stroke."""


def _table() -> dict[str, tuple[str, Fraction]]:
    rows: list[tuple[str, str, str]] = [
        # dimension, worth in the base unit, spellings
        ("length", "1", "m meter meters metre metres"),
        ("length", "1/100", "cm centimeter centimeters centimetre centimetres"),
        ("length", "1/1000", "mm millimeter millimeters millimetre millimetres"),
        ("length", "1/1000000", "um micrometer micrometers micron microns"),
        ("length", "1/1000000000", "nm nanometer nanometers"),
        ("length", "1/10", "dm decimeter decimeters decimetre decimetres"),
        ("length", "1000", "km kilometer kilometers kilometre kilometres"),
        ("length", "127/5000", "inch inches"),
        ("length", "381/1250", "ft foot feet"),
        ("length", "1143/1250", "yd yard yards"),
        ("length", "201168/125", "mi mile miles"),
        ("mass", "1", "g gram grams gramme grammes"),
        ("mass", "1000", "kg kilogram kilograms kilo kilos"),
        ("mass", "1/1000", "mg milligram milligrams"),
        ("mass", "1000000", "tonne tonnes"),
        ("mass", "45359237/100000", "lb lbs pound pounds"),
        ("mass", "45359237/1600000", "oz ounce ounces"),
        ("time", "1", "s sec secs second seconds"),
        ("time", "60", "min mins minute minutes"),
        ("time", "3600", "h hr hrs hour hours"),
        ("time", "86400", "day days"),
        ("time", "604800", "week weeks"),
        ("time", "1/1000", "ms millisecond milliseconds"),
        ("month", "1", "month months"),
        ("month", "12", "year years yr yrs"),
        ("volume", "1", "l liter liters litre litres"),
        ("volume", "1/1000", "ml milliliter milliliters millilitre millilitres"),
        ("gallon", "1", "gallon gallons gal"),
        ("gallon", "1/4", "quart quarts qt"),
        ("gallon", "1/8", "pint pints pt"),
        ("gallon", "1/16", "cup cups"),
        ("angle", "1", "degree degrees deg"),
        ("radian", "1", "radian radians rad"),
        ("money:dollar", "1", r"\$ $ usd dollar dollars buck bucks"),
        ("money:dollar", "1/100", "cent cents"),
        ("money:euro", "1", "€ eur euro euros"),
        ("money:pound", "1", "£ gbp"),
        ("money:yen", "1", "¥ jpy yen yuan rmb"),
        ("money:rupee", "1", "₹ inr rs rupee rupees"),
        ("force", "1", "n newton newtons"),
        ("force", "1000", "kn kilonewton kilonewtons"),
        ("energy", "1", "j joule joules"),
        ("energy", "1000", "kj kilojoule kilojoules"),
        ("energy", "1000000", "mj megajoule megajoules"),
        ("energy", "3600000", "kwh"),
        ("calorie", "1", "cal calorie calories"),
        ("calorie", "1000", "kcal kilocalorie kilocalories"),
        ("power", "1", "w watt watts"),
        ("power", "1000", "kw kilowatt kilowatts"),
        ("power", "1000000", "megawatt megawatts"),
        ("power", "1/1000", "milliwatt milliwatts"),
        ("voltage", "1", "v volt volts"),
        ("voltage", "1000", "kv kilovolt kilovolts"),
        ("voltage", "1/1000", "mv millivolt millivolts"),
        ("current", "1", "amp amps ampere amperes"),
        ("current", "1/1000", "ma milliampere milliamperes milliamp milliamps"),
        ("resistance", "1", "ohm ohms"),
        ("resistance", "1000", "kohm kilohm kilohms kiloohm kiloohms"),
        ("frequency", "1", "hz hertz"),
        ("frequency", "1000", "khz kilohertz"),
        ("frequency", "1000000", "mhz megahertz"),
        ("frequency", "1000000000", "ghz gigahertz"),
        ("pressure", "1", "pa pascal pascals"),
        ("pressure", "1000", "kpa kilopascal kilopascals"),
        ("pressure", "1000000", "mpa megapascal megapascals"),
        ("pressure", "101325", "atm atmosphere atmospheres"),
        ("temperature:c", "1", "celsius °c"),
        ("temperature:f", "1", "fahrenheit °f"),
        ("temperature:k", "1", "kelvin kelvins"),
        ("amount", "1", "mol mole moles"),
    ]  # fmt: skip
    return {
        name: (dimension, Fraction(worth))
        for dimension, worth, names in rows
        for name in names.split()
    }


UNITS = _table()
PERCENT_WORDS = frozenset({"%", "percent", "percentage", "pct", "percents"})
MULTIPLIERS = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "dozen": 12,
}  # fmt: skip
_SHORT = {"mph": "mi/h", "kmh": "km/h", "kph": "km/h", "mpg": "mi/gal", "fps": "ft/s"}
_EMPTY_WORDS = frozenset({"unit", "units", "of", "the", "a", "an", "us", "u.s.", "in", "total"})
_SHAPES = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}
_HYPHEN = re.compile(r"-(?=[a-z])")
_RATE = re.compile(r"\s*(?:/|\bper\b)\s*")
_POWER = re.compile(r"\^?\s*\{?\s*(-?\d)\s*\}?$")


def read_unit(words: str) -> tuple[Unit, ...] | None:
    """The units of `km/h`, `square feet`, `m s^-2`, with their powers; None if unknown.

    An empty tuple means that the words carry no unit (`units`, `in total`).
    """
    words = words.lower().strip(" .{}~\\")
    if _POWER.sub("", words) == "in":  # alone it is no preposition
        words = words.replace("in", "inch")
    found: list[Unit] = []
    for place, part in enumerate(_RATE.split(_SHORT.get(words, words))):
        units = _one(part)
        if units is None:
            return None
        sign = -1 if place else 1
        found += [Unit(unit.dimension, unit.factor, sign * unit.power) for unit in units]
    return tuple(found)


def _one(text: str) -> tuple[Unit, ...] | None:
    power = 1
    units: list[Unit] = []
    for word in _HYPHEN.sub(" ", text).split():
        raised = _POWER.search(word)
        exponent = int(raised[1]) if raised else 1
        name = word[: raised.start()] if raised else word
        if name in _SHAPES:
            power = _SHAPES[name]
        elif name in UNITS:
            dimension, factor = UNITS[name]
            units.append(Unit(dimension, factor, exponent))
        elif name not in _EMPTY_WORDS:
            return None
    return tuple(Unit(unit.dimension, unit.factor, unit.power * power) for unit in units)


def worth(units: tuple[Unit, ...]) -> Fraction:
    """How many base units one of these is."""
    total = Fraction(1)
    for unit in units:
        total *= unit.factor**unit.power
    return total


def dimension(units: tuple[Unit, ...]) -> tuple[tuple[str, int], ...]:
    """What is measured, with powers, in a fixed order."""
    powers = Counter[str]()
    for unit in units:
        powers[unit.dimension] += unit.power
    return tuple(sorted((name, power) for name, power in powers.items() if power))
