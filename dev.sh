#!/bin/sh
# Sets up everything in .venv and runs one of: example, test, check. Needs Python 3.11-3.13 with pip; nothing else.
set -eu
cd "$(dirname "$0")"
venv=${CTG_VENV:-.venv}

python_found() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Python 3.11, 3.12 or 3.13 is needed; name it with PYTHON=/path/to/python." >&2
    exit 1
}

setup() {
    stamp="$venv/installed-$1"
    if [ -f "$stamp" ] && [ "$stamp" -nt pyproject.toml ] && [ "$stamp" -nt constraints.txt ]; then
        return
    fi
    if [ ! -x "$venv/bin/python" ]; then
        python=$(python_found)
        "$python" -m venv "$venv"
    fi
    echo "Installing into $venv (once; some minutes) ..."
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --quiet --constraint constraints.txt --editable "$2" 2>"$venv/pip.log" || {
        cat "$venv/pip.log" >&2
        exit 1
    }
    touch "$stamp"
}

case "${1:-}" in
    example)
        setup run .
        "$venv/bin/ctg" example "${2:-example}"
        ;;
    test)
        shift
        setup dev '.[dev]'
        "$venv/bin/python" -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder "$@"
        ;;
    check)
        setup dev '.[dev]'
        "$venv/bin/ruff" check .
        "$venv/bin/ruff" format --check .
        "$venv/bin/mypy" ctg_nlp flows
        "$venv/bin/lint-imports"
        ;;
    *)
        echo "usage: sh dev.sh example [FOLDER] | test [PYTEST OPTIONS] | check" >&2
        exit 2
        ;;
esac
