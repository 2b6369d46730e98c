PY := .venv/bin/python
export OMP_WAIT_POLICY := passive

.PHONY: demo test test-browser measure-viewer pictures soak lint clean
.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check -c constraints.txt torch
	$(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,oracles,bridges,rl]'
	touch $@

.venv/browser: .venv/ready
	$(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[browser]'
	touch $@

CHROMIUM := /usr/bin/chromium
$(CHROMIUM):
	@if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "there is no $(CHROMIUM), the browser of these tests: sudo apt-get install --no-install-recommends chromium" >&2; exit 1; fi

demo: .venv/ready   ## run the flagship world, print its report, say how to look at it
	.venv/bin/society run bazaar --quick
	@echo "Look at it: .venv/bin/society view"

test: .venv/ready lint
	$(PY) -m pytest -n 2 -m "not soak and not browser"

test-browser: .venv/browser $(CHROMIUM)   ## the viewer in a real browser
	$(PY) -m pytest tests/browser

measure-viewer: .venv/browser $(CHROMIUM)   ## frames a second, seconds to open, memory; ARGS="--watch 60"
	$(PY) tests/browser/measure.py $(ARGS)

pictures: .venv/browser $(CHROMIUM)   ## the pictures of docs/viewer.md; ARGS=FOLDER takes them of the runs there
	$(PY) tests/browser/pictures.py $(ARGS)

soak: .venv/ready
	$(PY) -m pytest -m soak

lint: .venv/ready
	.venv/bin/ruff check society agents scenarios tests app.py
	.venv/bin/mypy

clean:
	rm -rf .venv build *.egg-info
