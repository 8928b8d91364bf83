"""Names that normalization drops, or takes for another: LaTeX, units and symbols.

`\\dfrac{1}{2}`, `\\frac12` and `1/2` become the tokens `1` and `2`; `5\\text{ km}`, `5 km` and
`5 kilometers` become `5`; `\\pi` and `π` become `pi`.
"""

STYLE = frozenset(
    """
    left right big bigg Big Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle
    text textbf textit textrm mathrm mathbf mathit mathsf mathcal mathbb mathfrak mbox operatorname
    rm bf it hbox hspace vspace quad qquad limits nolimits frac dfrac tfrac cfrac over times cdot
    ast div begin end overline underline hat widehat vec bar boldsymbol bm label tag circ degree
    prime ldots dots cdots dotsc dotsb textdegree dollar hfill phantom mathop ensuremath emph
    """.split()
)
"""LaTeX commands that only say how something looks, or that people write in many ways."""

UNITS = frozenset(
    """
    km kilometer kilometers kilometre kilometres cm centimeter centimeters centimetre centimetres
    mm millimeter millimeters meter meters metre metres mile miles mi inch inches foot feet ft yard
    yards yd sec secs second seconds min mins minute minutes hr hrs hour hours kg kilogram kilograms
    gram grams mg milligram milligrams lb lbs pound pounds oz ounce ounces liter liters litre litres
    ml milliliter milliliters gallon gallons dollar dollars cent cents usd degree degrees percent
    percentage mph kph
    """.split()
)
"""Units, which are dropped whether they are written out or not."""

MATH_WORDS = frozenset(
    """
    sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp sqrt frac pi theta alpha
    beta gamma delta epsilon lambda sigma omega phi mod gcd lcm max min lim int sum prod leq geq neq
    le ge ne infty times cdot div align aligned pmatrix bmatrix vmatrix asy boxed
    """.split()
)
"""Mathematics that is a command in LaTeX and a word elsewhere; never part of an n-gram of words."""

SAME = {
    "leq": "le", "leqslant": "le", "geq": "ge", "geqslant": "ge", "neq": "ne",
    "varepsilon": "epsilon",
    "varphi": "phi", "bmod": "mod", "pmod": "mod", "tg": "tan", "lbrace": "", "rbrace": "",
    "≤": "le", "⩽": "le", "≥": "ge", "⩾": "ge", "≠": "ne", "−": "-", "√": "sqrt", "∞": "infty",
    "∑": "sum", "∏": "prod", "∫": "int", "∈": "in", "∠": "angle", "△": "triangle",
    "π": "pi", "θ": "theta", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon",
    "λ": "lambda", "σ": "sigma", "ω": "omega", "φ": "phi", "Δ": "delta", "Ω": "omega",
    "²": "2", "³": "3", "¹": "1", "⁰": "0", "⁴": "4",
    "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9",
    "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4",
    "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9",
    "×": "", "÷": "", "∗": "", "⋅": "", "∙": "", "·": "", "°": "", "…": "", "⋯": "", "′": "",
}  # fmt: skip
"""Commands and symbols that are written in several ways; an empty name drops the token."""
