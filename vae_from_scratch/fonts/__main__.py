"""（維護者）``python -m vae_from_scratch.fonts``：由 _vendor 的 Noto Sans TC 取出常用的字，重新產生字型檔。

字有兩種：Big5 的 5,401 個常用字，以及本套件的原始檔裡出現的每一個字。同樣的來源產生同樣的位元組。
"""

from pathlib import Path

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parents[1] / "_vendor" / "fonts" / "NotoSansTC-Regular.ttf"
FONT = FOLDER / "NotoSansTC-Subset.ttf"


def characters() -> set[str]:
    """要放進字型的字。"""
    latin = {chr(code) for code in range(0x20, 0x100)}
    package = {path for pattern in ("*.py", "*.j2", "*.json") for path in FOLDER.parent.rglob(pattern)}
    written = {letter for path in package for letter in path.read_text(encoding="utf-8")}
    return {letter for letter in latin | common() | written if letter.isprintable()}


def common() -> set[str]:
    """Big5 的常用字：0xA440 到 0xC67E。"""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    codes = (bytes([lead, trail]) for lead in range(0xA4, 0xC7) for trail in trails)
    return {code.decode("big5") for code in codes if code <= b"\xc6\x7e"}


def build(source: Path = SOURCE, target: Path = FONT) -> None:
    """由完整的字型挑出用到的字，寫成隨套件附的那一個。"""

    from fontTools import subset, ttLib

    font = ttLib.TTFont(source, recalcTimestamp=False)
    options = subset.Options(notdef_outline=True, hinting=False, layout_features=[], name_IDs=["*"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(characters())))
    subsetter.subset(font)
    font.save(target)


if __name__ == "__main__":
    build()
    print(f"{FONT}：{FONT.stat().st_size / 1e6:.1f} MB")
