"""Formulas of Word in the words of LaTeX."""

from __future__ import annotations

import pytest
from lxml import etree

from kb.readers.omml import formula

NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def r(text, properties=""):
    return f"<m:r>{properties}<m:t>{text}</m:t></m:r>"


def m(name, properties="", **arguments):
    inside = "".join(f"<m:{key}>{value}</m:{key}>" for key, values in arguments.items()
                     for value in ([values] if isinstance(values, str) else values))
    return f"<m:{name}>" + (f"<m:{name}Pr>{properties}</m:{name}Pr>" if properties else "") + f"{inside}</m:{name}>"


def val(name, value):
    return f'<m:{name} m:val="{value}"/>'


A, B, N = r("a"), r("b"), r("n")


@pytest.mark.parametrize(("xml", "tex"), [
    (m("nary", val("chr", "⋃"), sub=r("i=1"), sup=N, e=A), "\\bigcup_{i=1}^{n} a"),
    (m("nary", val("chr", "∑") + '<m:supHide m:val="1"/>', sub=r("i"), sup="", e=A), "\\sum_{i} a"),
    (m("nary", "", sub=r("0"), sup=r("1"), e=A), "\\int_{0}^{1} a"),
    (m("nary", val("chr", "∮"), sub="", sup="", e=A), "\\oint a"),
    (m("d", val("begChr", "‖") + val("endChr", "‖"), e=A), "\\|a\\|"),
    (m("d", "", e=[A, B]), "(a|b)"),
    (m("d", val("sepChr", ","), e=[A, B]), "(a,b)"),
    (m("d", val("begChr", "⌊") + val("endChr", "⌋"), e=A), "\\lfloor a\\rfloor"),
    (m("d", val("begChr", "{") + val("endChr", ""), e=m("eqArr", e=[A, B])), "\\begin{cases} a \\\\ b \\end{cases}"),
    (m("d", val("begChr", "(") + val("endChr", ")"), e=m("m", mr=["<m:e>" + A + "</m:e><m:e>" + B + "</m:e>"])),
     "\\begin{pmatrix} a & b \\end{pmatrix}"),
    (m("acc", "", e=r("y")), "\\hat{y}"),
    (m("acc", val("chr", "\u0303"), e=r("y")), "\\tilde{y}"),
    (m("acc", val("chr", "\u20d7"), e=r("v")), "\\vec{v}"),
    (m("bar", val("pos", "top"), e=r("x")), "\\overline{x}"),
    (m("f", val("type", "noBar"), num=N, den=r("k")), "\\binom{n}{k}"),
    (m("f", val("type", "lin"), num=A, den=B), "a/b"),
    (m("rad", val("degHide", "1"), deg="", e=A), "\\sqrt{a}"),
    (m("rad", deg=r("3"), e=A), "\\sqrt[3]{a}"),
    (m("func", fName=m("limLow", e=r("lim"), lim=r("n→∞")), e=r("x")), "\\lim_{n→∞} x"),
    (m("func", fName=r("sin"), e=r("x")), "\\sin x"),
    (m("limLow", e=m("groupChr", val("chr", "⏟"), e=A), lim=N), "\\underbrace{a}_{n}"),
    (m("sPre", sub=r("1"), sup=r("2"), e=A), "{}_{1}^{2}a"),
    (m("sSubSup", e=A, sub=r("i"), sup=r("2")), "a_{i}^{2}"),
    (m("sSup", e=r("ab"), sup=r("2")), "ab^{2}"),
    (m("sSup", e=m("f", num=A, den=B), sup=r("2")), "{\\frac{a}{b}}^{2}"),
    (m("borderBox", e=A), "\\boxed{a}"),
    (m("phant", val("show", "0"), e=A), ""),
    (m("eqArr", e=r("a=b#(3)")), "a=b \\tag{3}"),
    (r("R", '<m:rPr><m:scr m:val="double-struck"/></m:rPr>'), "\\mathbb{R}"),
    (r("if x", "<m:rPr><m:nor/></m:rPr>"), "\\text{if x}"),
    (r("50%"), "50\\%"),
])
def test_structures(xml, tex):
    assert formula(etree.fromstring(f'<m:oMath xmlns:m="{NAMESPACE}">{xml}</m:oMath>')) == tex
