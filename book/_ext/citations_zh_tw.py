"""文獻的中文寫法：作者之間用「、」，三位以上寫「等」，書目裡沒有 and、In、pages。"""

from dataclasses import dataclass, field

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from pybtex.richtext import Text
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field as entry_field
from pybtex.style.template import first_of, join, names, optional, optional_field, sentence, tag
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def persons() -> PersonStyle:
    return PersonStyle(sep="、", sep2="、", last_sep="、", other=Text(" 等"))


def brackets() -> BracketStyle:
    return BracketStyle(left="（", right="）", sep="；")


@dataclass
class ChineseReference(AuthorYearReferenceStyle):
    """內文：Kingma、Welling（2014）；括號裡：（Kingma、Welling，2014）。"""

    bracket_textual: BracketStyle = field(default_factory=brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=brackets)
    person: PersonStyle = field(default_factory=persons)
    author_year_sep: str = "，"
    text_reference_sep: str = ""


class AuthorYearLabel(BaseLabelStyle):
    """書目前面的標籤與內文的寫法相同，不用編號，讀者不必對號碼。"""

    def format_labels(self, sorted_entries):
        for entry in sorted_entries:
            people = entry.persons.get("author") or entry.persons["editor"]
            family = [" ".join(p.prelast_names + p.last_names).strip("{}") for p in people]
            shown = "、".join(family) if len(family) <= 2 else f"{family[0]} 等"
            yield f"{shown} {entry.fields['year']}"


class ChineseBibliography(Unsorted):
    """作者。題目。出處，卷期，頁碼，年。連結。題目一律照原文的大小寫。"""

    default_label_style = AuthorYearLabel
    default_sorting_style = "author_year_title"

    def format_names(self, role, as_sentence=True):
        people = names(role, sep="、", sep2="、", last_sep="、")
        return sentence[people] if as_sentence else people

    def format_title(self, e, which_field, as_sentence=True):
        title = entry_field(which_field)
        return sentence[title] if as_sentence else title

    def venue(self, e):
        """期刊、會議或出版者，一種寫法涵蓋所有類型。"""
        where = first_of[
            optional[tag("em")[entry_field("journal")]],
            optional[tag("em")[entry_field("booktitle")]],
            optional[entry_field("publisher")],
            optional_field("howpublished"),
        ]
        volume = optional[join[entry_field("volume"), optional["(", entry_field("number"), ")"]]]
        return sentence[where, optional_field("series"), volume, optional_field("pages"), entry_field("year")]

    def template(self, e):
        title = self.format_btitle(e, "title") if e.type == "book" else self.format_title(e, "title")
        people = self.format_names("author" if "author" in e.persons else "editor")
        return toplevel[people, title, self.venue(e), self.format_web_refs(e)]

    get_article_template = get_book_template = get_incollection_template = template
    get_inproceedings_template = get_misc_template = get_techreport_template = template


def setup(app: Sphinx) -> dict[str, bool]:

    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "author_year_zh_tw", ChineseReference
    )
    pybtex.plugin.register_plugin("pybtex.style.formatting", "zh_tw", ChineseBibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
