"""Official forms on paper: what stands on one, and how it is written as PDF, DOCX and XLSX.

A form is described once (`OfficialPaper`) and looks the same in each format, in the manner of Nghị định
30/2020/NĐ-CP, Phụ lục I: A4, margins, name of the agency beside the national title, page numbers at the top from the
second page on. Papers speak Vietnamese whatever language the pages are read in.
"""

from vks_plugin.papers.layout import Annex, Column, OfficialPaper, Signature, written_day
from vks_plugin.papers.numerals import number_in_words
from vks_plugin.papers.writing import FORMATS, content_type, write_paper

__all__ = [
    "FORMATS",
    "Annex",
    "Column",
    "OfficialPaper",
    "Signature",
    "content_type",
    "number_in_words",
    "write_paper",
    "written_day",
]
