# Sourced by the scripts beside it, in POSIX sh: where they run, what they need, what they say, how they fail.
name=$(basename "$0")
cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME
python=/usr/bin/python3 # QGIS's own; another python3 may come first on PATH
log=build/$name.log
mkdir -p build
: >"$log"

# What QGIS, the engine and the tests take from Debian.
# proj-bin: from within a virtual environment, pyproj finds PROJ's data by asking its command.
# qttools5-dev-tools: lrelease compiles the plugin's translations; markdown-it makes its help pages.
# xvfb: a test starts the QGIS application, for its plugin manager.
# shellcheck disable=SC2034 # read where this is sourced
packages="qgis python3-qgis python3-venv
    python3-rasterio python3-geopandas python3-sklearn python3-scipy python3-joblib python3-numba
    python3-matplotlib python3-jinja2 python3-click python3-rich python3-pint
    python3-xarray python3-cftime python3-netcdf4 python3-h5py-serial python3-cfgrib python3-zarr
    python3-openpyxl proj-bin qttools5-dev-tools python3-markdown-it xvfb"

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
