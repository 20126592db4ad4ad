# 每個工作的內容都在 make.py（Windows 沒有 make 時直接執行它）；這裡只負責找到 Python。
# 輸入 make 或 make help 看有哪些工作；N 是練習的組別，ARGS 原樣交給 pytest 或 bench；
# STUDY 是發行的長實驗結果。

PYTHON := $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)

TASKS := help install book test browser study exercise notebooks bench mutation open serve pdf epub release lint clean

.PHONY: $(TASKS)
.DEFAULT_GOAL := help

$(TASKS):
ifeq ($(PYTHON),)
	@echo "✗ 找不到 Python 3.11、3.12 或 3.13。請先安裝其中一版，再執行一次 make $@。" >&2; exit 1
else
	@$(PYTHON) make.py $@ $(N) $(ARGS) $(if $(STUDY),"STUDY=$(STUDY)")
endif
