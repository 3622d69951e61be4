# Read by script/server and script/test: finds Python, makes .venv and keeps it in line with the pins.

UV_VERSION=0.13.8

fail() {
    printf 'switchboard: %s\n' "$*" >&2
    exit 1
}

find_python() {
    for python in python3.13 python3.12 python3.11 python3 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null || echo 'none at all')
    fail "Python 3.11 or newer is needed; found: $found. Install it, for instance: apt install python3.11 python3.11-venv"
}

check_disk() {
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge 1024 ] || fail "only $free MB are free in $PWD; 1024 MB are needed. Make room and start again"
}

# Files whose change means that packages must be installed again.
stamp_of() {
    cat requirements*.txt script/environment.sh | cksum | cut -d ' ' -f 1
}

install() {
    if [ ! -x .venv/bin/uv ]; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" || true
    fi
    if [ -x .venv/bin/uv ]; then
        .venv/bin/uv pip install --quiet --python .venv/bin/python "$@" && return
        echo "switchboard: uv did not succeed, trying pip"
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}

# make_environment server|dev
make_environment() {
    stamp=$(stamp_of)
    if [ -x .venv/bin/python ] && grep -qsE "^($1|dev) $stamp\$" .venv/switchboard-stamp; then
        return
    fi
    check_disk
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "$python has no venv module. Install it, for instance: apt install python3-venv"
        echo "switchboard: making .venv with $("$python" --version)"
        [ -L .venv ] || rm -rf .venv
        "$python" -m venv .venv || fail "could not make .venv with $python"
    fi
    echo "switchboard: installing packages, a minute or two the first time"
    case $1 in
        server) set -- server -r requirements.txt -r requirements-embedded.txt ;;
        dev) set -- dev -r requirements-dev.txt ;;
    esac
    kind=$1
    shift
    install "$@" || fail "packages could not be installed; the lines above say why (no network? disk full?)"
    echo "$kind $stamp" >.venv/switchboard-stamp
}
