r"""公式的 TeX 換成一行讀得出來、也搜尋得到的字：``\sigma_1^2`` 是 σ₁²，``\frac12\sum_i`` 是 1/2 ∑_i。

只給搜尋的摘要與比對用，不求排得漂亮；認不得的命令就留下它的名字。
"""

import re

#: 命令與它的字，兩個一組。
NAMED = """
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ
vartheta θ kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ phi φ
varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ
Phi Φ Psi Ψ Omega Ω ell ℓ sum ∑ prod ∏ int ∫ iint ∬ partial ∂ nabla ∇ infty ∞
le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ sim ~ equiv ≡ propto ∝ cdot · times ×
div ÷ pm ± in ∈ notin ∉ to → rightarrow → mapsto ↦ Rightarrow ⇒ Longrightarrow ⇒
iff ⇔ Leftrightarrow ⇔ mid | | ‖ Vert ‖ lVert ‖ rVert ‖ ll ≪ gg ≫ cup ∪ cap ∩
subset ⊂ subseteq ⊆ forall ∀ exists ∃ odot ⊙ otimes ⊗ circ ∘ top ᵀ ldots …
cdots … dots … vdots … sqrt √ star * ast * langle ⟨ rangle ⟩ prime ′ perp ⊥
dagger † % % _ _ # #
"""
SYMBOLS = dict(zip(NAMED.split()[::2], NAMED.split()[1::2], strict=True))
#: 只管排版的命令：字體、大小、間隔。
ONLY_LOOKS = """
mathbf mathbb mathrm mathcal mathsf mathit mathtt boldsymbol bm text textbf
textit operatorname hat bar tilde vec overline underline widehat widetilde left
right big Big bigl Bigl bigr Bigr bigg biggl biggr Bigg Biggl Biggr quad qquad
displaystyle textstyle scriptstyle limits nolimits phantom mathstrut tag notag
nonumber underbrace overbrace color textcolor middle hline label substack mathop
rm bf it
"""
SILENT = set(ONLY_LOOKS.split())
SPACES = {"quad", "qquad"}
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[a-z*]+\}(?:\{[clr|]*\})?")
WRAPPER = re.compile(rf"\\(?:{'|'.join(sorted(SILENT, key=len, reverse=True))})\s*\{{([^{{}}]*)\}}")
ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
COMMAND = re.compile(r"\\(?![dt]?frac)([A-Za-z]+|[^A-Za-z])\s?")
PART = r"\s*(?:\{([^{}]*)\}|([^\s\\{}]))"
FRACTION = re.compile(rf"\\[dt]?frac{PART}{PART}")
RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def readable(tex: str) -> str:
    """一行字。"""
    tex = ENVIRONMENT.sub(" ", tex).replace("\\\\", " ").replace("&", " ").replace("~", " ")
    tex = tex.replace(r"\{", "｛").replace(r"\}", "｝")
    tex = _until_stable(WRAPPER, r"\1", tex)
    tex = _until_stable(ROOT, r"√(\1)", tex)
    text = COMMAND.sub(_symbol, tex)
    text = re.sub(r"\^(?:\{([\d+\-n]+)\}|([\dn]))", lambda m: (m[1] or m[2]).translate(RAISED), text)
    text = re.sub(r"_(?:\{(\d+)\}|(\d))", lambda m: (m[1] or m[2]).translate(LOWERED), text)
    text = re.sub(r"\^\{?([ᵀ′*†])\}?", r"\1", text)
    text = re.sub(r"([_^])\{(\w+)\}", r"\1\2", text)
    text = re.sub(r"([_^])\{([^{}]{2,})\}", r"\1(\2)", text)
    text = _until_stable(FRACTION, _fraction, text)
    text = re.sub(r"[{}\\]", "", text).replace("｛", "{").replace("｝", "}")
    return " ".join(text.split())


def _until_stable(pattern: re.Pattern, replacement, text: str) -> str:
    """由最裡面的一層換起，直到沒有可換的。"""
    while (changed := pattern.sub(replacement, text)) != text:
        text = changed
    return text


def _fraction(match: re.Match) -> str:
    top, bottom = match[1] or match[2] or "", match[3] or match[4] or ""
    return f" {_grouped(top)}/{_grouped(bottom)} "


def _grouped(part: str) -> str:
    return part if re.fullmatch(r"[\w²³]+", part) else f"({part})"


def _symbol(match: re.Match) -> str:
    name = match[1]
    if name in SYMBOLS:
        return SYMBOLS[name]
    return "" if name in SILENT - SPACES else f" {name} " if name.isalpha() and name not in SPACES else " "
