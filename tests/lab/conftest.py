"""研究的結果與第 11 到 14 章的測試同一個來源。"""

from tests.chapters import conftest as chapters

experiment = chapters.experiment
