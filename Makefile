PY := .venv/bin/python
export OMP_WAIT_POLICY := passive

.PHONY: demo test soak lint clean
.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check -c constraints.txt torch
	$(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,oracles]'
	touch $@

demo: .venv/ready   ## run the flagship world, print its report, say how to look at it
	.venv/bin/society run bazaar --quick
	@echo "Look at it: .venv/bin/society view"

test: .venv/ready lint
	$(PY) -m pytest -n 2 -m "not soak"

soak: .venv/ready
	$(PY) -m pytest -m soak

lint: .venv/ready
	.venv/bin/ruff check society agents scenarios tests app.py
	.venv/bin/mypy

clean:
	rm -rf .venv build *.egg-info
