"""What the commands and words of mathematics mean to the reader."""

FUNCTIONS = {
    name: name
    for name in (
        "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth "
        "sech csch arcsinh arccosh arctanh exp ln log lg gcd lcm max min det arg Re Im sgn sign"
    ).split()
} | {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "ctg": "cot", "tg": "tan", "cosec": "csc", "arctg": "arctan", "abs": "abs", "Abs": "abs",
    "floor": "floor", "ceil": "ceil", "Gamma": "gamma", "gamma": "gamma",
}  # fmt: skip
INVERSES = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec",
    "csc": "arccsc", "sinh": "arcsinh", "cosh": "arccosh", "tanh": "arctanh",
}  # fmt: skip
TRIGONOMETRIC = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
WORD_FUNCTIONS = frozenset(FUNCTIONS) - {"Gamma", "gamma", "arg", "det", "Re", "Im"} | {"sqrt"}

CONSTANT_COMMANDS = {
    "pi": "pi", "infty": "inf", "exponentialE": "e", "imaginaryI": "i", "imath": "i",
    "imaginaryJ": "i", "inf": "inf",
}  # fmt: skip
CONSTANT_WORDS = {"pi": "pi", "inf": "inf", "infinity": "inf", "oo": "inf", "infty": "inf"}

GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial aleph angle triangle square "
    "emptyset varnothing top bot dagger star ast bullet circ prime".split()
)
WRAPPERS = frozenset(
    "mathrm mathbf mathit mathsf mathtt mathcal mathfrak mathbb mathscr boldsymbol bm rm bf it "
    "operatorname operatornamewithlimits boxed fbox framebox beginboxed overline underline bar hat "
    "vec tilde widehat widetilde overrightarrow dot ddot color mathop variable ensuremath "
    "textcolor pmb cal emph overbrace underbrace".split()
)
MARKS = frozenset("overline bar hat vec tilde widehat widetilde overrightarrow dot ddot".split())
"""Wrappers that make another symbol of a symbol."""

RELATIONS = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=",
    "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "geqq": ">=", "ne": "!=", "neq": "!=", "in": "in",
    "notin": "notin", "approx": "approx", "approxeq": "approx", "simeq": "approx",
    "equiv": "equiv", "sim": "sim", "cong": "sim", "propto": "propto", "to": "to",
    "rightarrow": "to", "->": "to", "longrightarrow": "to", "mapsto": "to",
    "Rightarrow": "=>", "implies": "=>", "=>": "=>", "iff": "=>", "Leftrightarrow": "=>",
    "subset": "subset", "subseteq": "subset", "supset": "supset", "supseteq": "supset",
    "parallel": "parallel", "perp": "perp", "doteq": "=", "coloneqq": "=", "triangleq": "=",
}  # fmt: skip

INFIX = {
    # token: (operation, binding power)
    "cup": ("union", 20), "bigcup": ("union", 20), "cap": ("intersection", 22),
    "setminus": ("setminus", 20), "backslash": ("setminus", 20), "land": ("and", 12),
    "wedge": ("and", 12), "lor": ("or", 11), "vee": ("or", 11),
    ":": ("ratio", 26), "+": ("add", 30), "-": ("sub", 30), "pm": ("pm", 30), "mp": ("mp", 30),
    "*": ("mul", 40), "cdot": ("mul", 40), "times": ("mul", 40), "ast": ("mul", 40),
    "/": ("div", 40), "div": ("div", 40), "bmod": ("mod", 40), "mod": ("mod", 40),
    "pmod": ("mod", 40), "choose": ("binom", 5), "over": ("div", 5),
}  # fmt: skip
PREFIX_POWER = 42
IMPLICIT_POWER = 40

OPENERS = {
    "(": ")", "[": "]", "\\{": "\\}", "{": "}", "lbrace": "rbrace", "lbrack": "rbrack",
    "langle": "rangle", "lparen": "rparen", "lfloor": "rfloor", "lceil": "rceil",
    "lvert": "rvert", "lVert": "rVert", "ulcorner": "urcorner", "llcorner": "lrcorner",
}  # fmt: skip
MATRIX_ENVIRONMENTS = frozenset(
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array cases aligned align align* "
    "gathered split dcases gather gather* equation equation* eqnarray eqnarray* subarray".split()
)
PROSE = frozenset(
    "is it of to in we so an as at by he if no on or us be do my me go up am the and but for are "
    "not was has can you she his her its one two all any how who why let get got put say see use "
    "now new old our out had him did too yes ans sum per set via low few own off may men day "
    "way".split()
)
"""Words of one to three letters that are never products of variables."""
SEPARATING_WORDS = frozenset({"and", "or", "y", "et", "und", "ou", "oder"})
NOT_UNITS = frozenset(
    "and or but not is are if then than for when where with by as because since so thus hence "
    "no nor plus minus times over equals which that to from at on less more about approximately "
    "wrong correct answer dx dy dz dt".split()
)

NO_FACTORS = (
    frozenset(OPENERS.values())
    | frozenset(RELATIONS)
    | frozenset(INFIX)
    | {"end", "not", "rvert", "rVert"}
)
"""Commands that end a product."""
