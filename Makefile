# Every command does its own set-up; the second time that takes no time. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/.venv/bin:$(PATH)

READY := .venv/.ready shared/face/vendor/.ready
# libatomic is for the node that playwright brings along.
TEST_NEEDS := chromium:chromium mosquitto:mosquitto libatomic.so.1:libatomic1
# The guest machine whose plug is pulled has a kernel of its own.
GUEST_NEEDS := qemu-system-x86_64:qemu-system-x86 busybox:busybox-static mke2fs:e2fsprogs \
  /boot/vmlinuz-*-cloud-amd64:linux-image-cloud-amd64
SOAK_NEEDS := $(TEST_NEEDS) $(GUEST_NEEDS) fiu-run:fiu-utils

# Two workers, each file to one of them. What plays with both houses or in a browser mostly waits: it comes afterwards.
PYTEST := .venv/bin/python -m pytest -n 2 --dist loadfile
STORIES := flow or browser

.PHONY: help setup demo test smoke bench check format-check lint layers types soak wheel lock format clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: $(READY) ## 安装 · virtual environment, locked packages, front-end files
	@:

.venv/.ready: requirements/dev.txt requirements/uv.txt pyproject.toml .ci/setup.sh
	@.ci/setup.sh python

shared/face/vendor/.ready: package.json package-lock.json requirements/node.txt .ci/setup.sh | .venv/.ready
	@.ci/setup.sh face

demo: setup ## 演示 · one company on this machine: broker, head office, one station, customers; prints the pages
	@exec .venv/bin/python -m tests.company.demo

smoke: setup ## 冒烟 · the same story without a person; prints one JSON line
	@exec .venv/bin/python -m tests.company.smoke

bench: setup ## 性能 · ratios measured in the same run; JSON=1 prints one JSON object
	@exec .venv/bin/python -m tests.bench $(if $(JSON),--json)

check: setup ## 快检 · format, lint, layers, types and the quick tests, in about two minutes
	@$(MAKE) format-check lint layers types
	@$(PYTEST) -q -m "not (slow or $(STORIES) or soak)"

test: setup ## 全部测试 · check, then real servers, both houses together and the pages in a browser
	@.ci/need.sh $(TEST_NEEDS)
	@$(MAKE) format-check lint layers types
	@ended=0; \
	$(PYTEST) -m "not ($(STORIES) or soak)" || ended=$$?; \
	$(PYTEST) -m "($(STORIES)) and not soak" || ended=$$?; \
	exit $$ended

soak: setup ## 久测 · long faults and power cuts
	@.ci/need.sh $(SOAK_NEEDS)
	@.venv/bin/python -m pytest -o timeout=3600 -m soak tests

format-check: setup
	@ruff format --check --quiet .

lint: setup
	@ruff check --quiet .

layers: setup
	@said=$$(lint-imports) || { printf "%s\n" "$$said"; exit 1; }

types: setup
	@mypy --no-error-summary

wheel: setup ## 打包 · dist/jiayou-*.whl, for stations and for head office
	@rm -rf build dist
	@uv build --quiet --wheel --no-build-isolation --python .venv/bin/python --out-dir dist .
	@ls dist/*.whl

lock: .venv/.ready ## 锁定版本 · write requirements/*.txt and package-lock.json anew; UPGRADE=1 takes newer versions
	@.ci/lock.sh $(if $(UPGRADE),--upgrade)

format: setup ## 排版 · put the code in its form
	@ruff check --quiet --fix .
	@ruff format --quiet .

clean: ## 清理 · take away everything that the other commands made
	rm -rf .venv node_modules shared/face/vendor build dist .demo *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
