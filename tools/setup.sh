# Sourced by run, test and bench: packages and build, the same way for all three.

# Debian's own tools, whatever else a developer's PATH begins with.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin

# setup_packages run|test: installs from packages.txt what is missing; the part below "# For tests" only for "test".
setup_packages() {
    local wanted missing=() package
    if [ "$1" = run ]; then wanted=$(sed '/^# For tests/,$d' packages.txt); else wanted=$(cat packages.txt); fi
    for package in $(printf '%s\n' "$wanted" | sed 's/#.*//'); do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "These packages are missing, and neither root nor sudo is here: ${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# setup_build FOLDER [MESON OPTIONS]: configures once, builds what changed; TARGETS names what, when not all of it.
setup_build() {
    local folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || { cat "$folder.log" >&2; exit 1; }
        mv "$folder.log" "$folder/setup.log"
    fi
    # shellcheck disable=SC2086
    ninja -C "$folder" ${TARGETS:-} >"$folder/build.log" 2>&1 || { tail -n 60 "$folder/build.log" >&2; exit 1; }
}
