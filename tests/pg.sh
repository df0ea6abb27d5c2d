#!/bin/sh
# A private PostgreSQL for tests: made in a temporary folder, reached through a socket in it by nobody but this machine's
# users, gone when told.
#
#   eval "$(tests/pg.sh start)"     sets and exports TALAP_TEST_POSTGRES (an address) and TALAP_TEST_POSTGRES_FOLDER
#   tests/pg.sh stop FOLDER         stops it and removes the folder
#   tests/pg.sh run COMMAND…        starts it, runs the command with TALAP_TEST_POSTGRES set, stops it
#
# initdb refuses to run as root, so as root everything is done as the user "postgres" of Debian's package (or nobody).
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "pg.sh: PostgreSQL is not installed" >&2; exit 1; }

user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
fi

as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- env -i PATH="$PATH" LC_ALL=C "$@"
    else
        env LC_ALL=C "$@"
    fi
}

start() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/talap-pg.XXXXXX")
    chmod 755 "$folder"
    chown "$user" "$folder"
    cd "$folder"
    as_user "$bin/initdb" -D "$folder/data" -U talap -A trust -E UTF8 --locale=C >"$folder/initdb.log" 2>&1 ||
        { cat "$folder/initdb.log" >&2; exit 1; }
    # Durable as in earnest; quiet; no network.
    cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = on
synchronous_commit = on
max_connections = 100
shared_buffers = 128MB
log_min_messages = warning
CONF
    as_user "$bin/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" start >"$folder/ctl.log" 2>&1 ||
        { cat "$folder/ctl.log" "$folder/server.log" >&2; exit 1; }
    as_user "$bin/createdb" -h "$folder" -U talap talap >&2
}

stop() {
    folder=$1
    case "$folder" in */talap-pg.*) ;; *) echo "pg.sh: not a folder of mine: $folder" >&2; exit 1 ;; esac
    if [ -f "$folder/data/postmaster.pid" ]; then
        (cd "$folder" && as_user "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1) || true
    fi
    rm -rf "$folder"
}

url() {
    echo "postgres:///talap?host=$folder&user=talap"
}

case "${1:-}" in
start)
    start
    echo "TALAP_TEST_POSTGRES='$(url)'; export TALAP_TEST_POSTGRES"
    echo "TALAP_TEST_POSTGRES_FOLDER='$folder'; export TALAP_TEST_POSTGRES_FOLDER"
    ;;
stop)
    stop "$2"
    ;;
run)
    shift
    here=$PWD
    start
    trap 'stop "$folder"' EXIT
    trap 'exit 1' INT TERM
    TALAP_TEST_POSTGRES=$(url)
    TALAP_TEST_POSTGRES_FOLDER=$folder
    export TALAP_TEST_POSTGRES TALAP_TEST_POSTGRES_FOLDER
    cd "$here"
    status=0
    "$@" || status=$?
    exit $status
    ;;
*)
    sed -n '2,10p' "$0" >&2
    exit 2
    ;;
esac
