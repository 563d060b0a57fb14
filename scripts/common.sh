# Sourced by the scripts beside it, in POSIX sh: where they run, what they say, how they fail.
name=$(basename "$0")
cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME
python=/usr/bin/python3 # QGIS's own; another python3 may come first on PATH
log=build/$name.log
mkdir -p build
: >"$log"

say() { printf '%s: %s\n' "$name" "$*"; }

fail() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 1
}

# Run a long command quietly: what it says is shown only when it fails.
logged() {
    "$@" >>"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        fail "this failed: $*. Everything that was said is in $log."
    }
}
