.PHONY: test generate
test: .venv/ready
	.venv/bin/python -m pytest

generate: .venv/ready
	.venv/bin/python tools/generate.py

.venv/ready: pyproject.toml
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/python -m uv pip install --quiet --python .venv/bin/python -e '.[cli]' --group dev
	touch $@
