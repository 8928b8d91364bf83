"""Answers and responses made to hang, crash, fool or exploit a grader, in named families.

A row is a reference, a response and what its verdict must be: `never` (anything but correct and
error), `correct`, or `any` (no verdict is wrong, but it must come in time and be no error).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hostile pair."""

    family: str
    reference: object
    response: str
    wanted: str
    """`never`, `correct` or `any`."""


TOWERS = (
    "9^{9^{9}}", "9^{9^{9^{9}}}", r"\dfrac{5^{(5^{(5^{(5^5)})} - 4)} - 5}{16}", "1e400",
    "10^{10^{10^{10}}}", "2003^{2002^{2001}}", "9**9**9**9", "(9^9)^{9^9}", r"\sqrt{10^{10^8}}",
    r"7^{7^{7^{7}}} \bmod 10", "2^{-2^{40}}", "1.0000001^{10^{12}}", "100000!", "10000000!",
    "(10^9)!", "((5!)!)!", "3!!!!!!!!", r"\binom{10000000}{5000000}", "1e999999999", "10^{400000}",
    r"\binom{10^9}{5\cdot10^8}", r"\Gamma(1000000)", r"\Gamma(10^{10})", "123456789!", "99999999!!",
    r"\sqrt[10^9]{2^{10^9}+1}", r"\log_{2^{10^9}} 3^{10^9}", "(-1)^{10^{100}}+2",
    r"e^{e^{e^{e^{e}}}}", "2^{2^{2^{2^{2^{2}}}}}", "(1/3)^{10^{8}}", r"\sin(10^{10^{10}})",
    "10^{-10^{10}}", r"(1+10^{-9})^{10^{9}}", "1.5^{10^7}", r"\gcd(10^{10^9}, 6)",
    r"\lfloor 10^{10^{9}}/3 \rfloor", r"|9^{9^{9}}|", "9^{9^{9}}\\%", "10^{10^{10}}^\\circ",
)  # fmt: skip
EAGER = (
    r"\sum_{k=1}^{10^9} k^k", r"\sum_{k=1}^{1000000} \frac{1}{k^k}", r"\prod_{k=1}^{10^7} k",
    r"\int_0^1 x^{x^{x^x}} dx", r"\int e^{e^{e^x}} \sin(x^3) dx",
    r"\gcd(2^{100000}-1, 3^{100000}-1)", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{10^9}",
    r"\operatorname{eigenvalues}(\begin{pmatrix}1&2\\3&4\end{pmatrix})",
    r"\lim_{n\to\infty} \sum_{k=1}^{n} k!", r"\sum_{i=1}^{300}" * 6 + "1",
    r"\sum_{a=1}^{10^3}\sum_{b=1}^{10^3}\sum_{c=1}^{10^3} abc",
    r"\int_0^1\int_0^1\int_0^1\int_0^1 e^{xyzw} dx dy dz dw",
    r"\det\begin{pmatrix}" + (r"a&b&c&d&e&f&g&h" + r"\\") * 8
    + r"\end{pmatrix}",
)  # fmt: skip
BROKEN = (
    "}}}}1{{{{", "(1", "1)", r"\left(1", r"\boxed{5", r"\frac", "^", "_", r"\frac{1", "{",
    "}", r"\right)", "[1", "1]", "|1", r"\sqrt", r"\sqrt{", r"\sqrt[", r"\begin{pmatrix}1", "1_",
    r"\end{pmatrix}", r"1&2\\", "&", r"\\", "$", "$$", r"\(", r"\[", "1^", "^1",
    r"\text{", r"\text{1", "1}", "{1", r"\left.1", r"\boxed", r"\boxed{}", r"\boxed{ }", "1/0",
    r"\frac{1}{0}", "0/0", r"\frac00", "--", "+", "1+", ",", ";", "=", "1=", "<", ">",
    "1<", "%", "!", "()", "[]", "{}", r"\{", r"\{1", "(1]]", "((1)", "1))", r"\binom{1}", "x^{1",
)  # fmt: skip
INJECTED = (
    "__import__('os').system('touch MARKER')", "exec(\"open('MARKER','w')\")", "open('MARKER','w')",
    "(lambda: __import__('os').system('touch MARKER'))()",
    "(__import__('os').system('touch MARKER'),1)",
    "sympify('__import__(\"os\").system(\"touch MARKER\")')",
    "[__import__('os').system('touch MARKER'),1]",
    r"\pi+__import__('os').system('touch MARKER')",
    "1 if __import__('os').system('touch MARKER') else 2",
    "eval(compile('1','','eval'))", "1;import os", "' OR 1=1 --",
    "__import__('os').system('touch MARKER')*\\pi",
    "__import__('os').system('touch MARKER')+x", "open('MARKER','w').write('x')+3\\pi", "exit()",
    "globals()",
    "lambda x: x", "{{7*7}}", "${7*7}", "%s%s%n", "{0.__class__}", r"\input{/etc/passwd}",
    r"\def\x{\x\x}\x", r"\write18{touch MARKER}", r"\immediate\write18{touch MARKER}",
    "$(touch MARKER)",
    "`touch MARKER`", "; touch MARKER", "| touch MARKER", "&& touch MARKER", "True", "None", "S(1)",
    "().__class__.__bases__[0].__subclasses__()", "Symbol('x').subs(1,2)", "x.__class__",
    "os.system",
    "<script>alert(1)</script>", "../../etc/passwd",
    "!!python/object/apply:os.system ['touch MARKER']",
    "cos\nsystem\n(S'touch MARKER'\ntR.", "\\href{file:///etc/passwd}{1}", "print(1)",
    "[x for x in (1,)][0]",
    "int('1')", "1 .real", "f'{1}'", "Integer(1)", "Rational('1/1')", "N(1)", "0x1", "0b1", "0o1",
    "1_0",
)  # fmt: skip
HEDGES = (
    r"\boxed{7 \text{ or } 8}", r"\boxed{8=7}", r"\boxed{4} or \boxed{7}", r"\boxed{7}\boxed{}",
    r"\boxed{7}, \boxed{8}", r"\boxed{7,8}", r"\boxed{\{7,8\}}", r"\boxed{7/8}", r"\boxed{7 and 8}",
    r"\boxed{7 \pm 1}", r"\boxed{[7,8]}", r"\boxed{6<x<8}", r"\boxed{\approx 7.2}", r"\boxed{7?8}",
    r"\boxed{\text{7 or 8}}", r"\boxed{7;8}", r"\boxed{7 \vee 8}", r"\boxed{x=7 \text{ or } x=8}",
    "The answer is 7 or 8.", "The answer is either 7 or 8", "Answer: 7/8",
    "<answer>7 or 8</answer>",
    "<answer>7</answer><answer>8</answer>", "#### 7 or 8", r"\boxed{7}. No: \boxed{8}",
    r"\boxed{" + ",".join(map(str, range(1000))) + "}", r"\boxed{7!}", r"\boxed{-7}", r"\boxed{.7}",
    r"\boxed{7e1}", r"\boxed{7^{\circ}8}", r"\boxed{\neg 7}", r"\boxed{\neq 7}",
    r"\boxed{\text{not } 7}", r"\boxed{x \ne 7}", r"\boxed{>7}", r"\boxed{7+\epsilon}",
    r"\boxed{7i}",
)  # fmt: skip
STRANGE = (
    "5\x00", "\x005", "5\ud800", "\udfff5", "\ud8005\udc00", "\u202e5", "5\u202e", "\u20665\u2069",
    "\u202d5", "5\ufe0f\u20e3", "5\x085", "\x1b[31m5", "5\x7f", "\ufffe5", "5\U000e0035", "5\u0338",
    "5\u0489", "\u01bd", "\u0405", "\u3285", "\u2784", "\u4e94\u5341", "\u09eb\u09eb", "5\u2044",
    "\u22155",
    "\u3007", "\U0001f51f", "5\r\n6", "5\u20286", "5\u20296", "5\x0b6", "5\x0c6", "5\u00856",
)  # fmt: skip
SAME_DIGIT = (
    "٥",
    "۵",
    "५",
    "５",
    "𝟓",
    "𝟝",
    "𝟧",
    "𝟱",
    "𝟻",
    "5\u200b",
    "\ufeff5",
    "5\u2060",
    "༥",
    "៥",
)

LENIENT = (
    ("1", "1\\"), ("1", "$1$$"), ("1", r"\)1\("), ("1", "*1*"), ("1", "1,,"),
    ("1", "0^{0^{0^{0}}}"), ("7", r"\boxed{7_8}"),
)  # fmt: skip
"""Stray marks at the ends are cosmetic; 0^0 is 1; 7 in base 8 is 7."""

PIECES = (
    r"\boxed{", "}", "{", "(", ")", "[", "]", "|", "$", "$$", r"\(", r"\[", r"\left(", r"\right)",
    r"\frac", r"\sqrt", r"\sqrt{", r"\text{", r"\text ", r"\begin{matrix}", r"\end{matrix}", "&",
    r"\\", "^", "_", "^{", "-", "+", "1+", "1,", "1, ", "1;", "1 ", "!", "%", "'", "**", "**a",
    "####",
    "#### 1\n", "<answer>", "</answer>", "<answer>1,", "<think>", "</think>", "answer is ",
    "answer: ",
    "final answer is ", "A: ", "\nA: ", "A ", "A,", "(A) or ", "box", r"\fbox", r"\fbox{", "is ",
    "is $1. ", "= ", "1=", "1<", "\n", "\n\n", "\t", " ", "1e1", "1.", ".", "0.12", "1,234", "1/",
    r"\sin", r"\cdot", r"\times ", r"\pi", "x", "x_", "x'", "²", "½", "√", "π", "°",
    r"\overline{1}",
    r"\phantom{", r"\hspace{", r"\mathrm{", "e", "i", "\u0305", "1\u0304", "\ud800", "\x00", "٥",
    "one ",
    "and ", "twenty ", r"\boxed{1} ", r"\boxed{1}, ", r"\int ", r"\sum_{k=1}^{9}", r"\binom{9}",
    "a",
    r"\pm ", r"\in ", r"\cup ", r"\{", r"\infty", "answer to ", "answer (", "final ", "answer *_",
)  # fmt: skip
"""Small texts that are repeated: each is the worst case of some expression of ours."""


def rows() -> Iterator[Row]:
    """Every hostile row, in a fixed order."""
    yield from _group("towers", "1", TOWERS)
    yield from _group("eager", "1", EAGER)
    yield from _group("broken", "1", BROKEN, wanted="never")
    yield from _group("injected", "1", INJECTED)
    yield from (
        Row(
            family="injected box",
            reference=reference,
            response=rf"\boxed{{{text}}}",
            wanted="never",
        )
        for text, reference in product(INJECTED[:15], (r"\frac{\pi}{2}", "x+1", "ABC"))
    )
    yield from _group("hedges", "7", HEDGES)
    yield from _group("strange characters", "5", STRANGE)
    yield from _group("digits", "5", SAME_DIGIT, wanted="correct")
    for reference, response in LENIENT:
        yield Row(family="lenient", reference=reference, response=response, wanted="any")
    for piece, times in product(PIECES, (300, 6000)):
        yield Row(family="repeated", reference="777", response=piece * times, wanted="never")
        boxed = rf"\boxed{{{piece * (times // 10)}}}"
        yield Row(family="repeated box", reference="777", response=boxed, wanted="never")
    yield from _large()


def _group(
    family: str, reference: str, responses: tuple[str, ...], wanted: str = "never"
) -> Iterator[Row]:
    for response in responses:
        yield Row(family=family, reference=reference, response=response, wanted=wanted)


def _large() -> Iterator[Row]:
    long = (
        ("5", r"\boxed{" + "a" * 1_000_000 + "}"),
        ("5", r"\boxed{5} " * 100_000 + r"\boxed{6}"),
        ("5", "1" * 1_000_000),
        ("1", "0." + "3" * 200_000),
        ("1", "1e" + "1" * 15_000 + "x"),
        (["1", "2"], "<answer>" + "1," * 200_000 + "</answer>"),
        (["1", "2"], r"\boxed{" + "1," * 9_000 + "}"),
        ("4:30", "<answer>" + "4:3" * 300_000 + "</answer>"),
        ("A", "<answer>" + "(A) " * 200_000 + "</answer>"),
        ("5", "answer: " * 250 + "$ " + ". " * 1000),
        ("5", "answer is " + "is 1+" * 100),
        ("5", "answer" + " " * 3_990 + "x"),
        ({"numbers": [1, 2], "target": 3}, "<answer>" + "1+" * 300_000 + "</answer>"),
        ({"numbers": [1, 2], "target": 3}, "9**9**9"),
        ({"numbers": [1, 2], "target": 3}, "(" * 10_000 + "1+2" + ")" * 10_000),
    )
    for reference, response in long:
        yield Row(family="large", reference=reference, response=response, wanted="never")
    right = (
        r"\boxed{5} " * 100_000,
        "a" * 2_000_000 + r" \boxed{5}",
        r"\boxed{4} " * 20_000 + r"so \boxed{5}",
    )
    for response in right:
        yield Row(family="large", reference="5", response=response, wanted="correct")
