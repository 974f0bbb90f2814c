#!/bin/bash
# Two trust domains federate on this machine: a.test serves https_spiffe from separate syncer and server processes, b.test is
# one process that serves https_web with a private root. Exits 0 only if every step held, and stops what it started.
#   deploy/demo.sh [--keep]    --keep: leave it running, and print what to try
set -euo pipefail
cd "$(dirname "$0")/.."

keep=false
case "${1:-}" in
  '') ;;
  --keep) keep=true ;;
  *) echo "usage: deploy/demo.sh [--keep]" >&2; exit 2 ;;
esac

say() { printf '\n%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }
die() { printf '\nFAILED: %s\n' "$*" >&2; [ ! -d "${root:-}" ] || tail -n 5 "$root"/*.log >&2; exit 1; }

# until_true WHAT COMMAND...: at most 30 seconds.
until_true() {
  local what=$1 tries=0
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || die "$what: not within 30 seconds"
    sleep 0.2
  done
}

say "Building (the first time takes minutes, the next seconds)"
deploy/install-packages.sh
export CCACHE_SLOPPINESS=pch_defines,time_macros
mkdir -p build
cmake --preset release >build/demo-configure.log 2>&1 || { cat build/demo-configure.log >&2; exit 1; }
cmake --build build/release --target entente

# --- who is who ---------------------------------------------------------------------------------------------------------
# As root every part runs under a user of its own (users that every Debian has), so that they are told apart as on a real
# host. As anybody else all of them are that user.
root=$(mktemp -d /tmp/entente-demo.XXXXXX)
chmod 755 "$root"
install -m 755 build/release/bin/entente "$root/entente"
if [ "$(id -u)" = 0 ]; then
  a_user=daemon a_server_user=www-data b_user=games a_workload=news b_workload=mail
else
  a_user=$(id -un) a_server_user=$a_user b_user=$a_user a_workload=$a_user b_workload=$a_user
fi
# Fills `prefix` with what makes a command run as that user, and nothing where that is us.
become() {
  prefix=()
  if [ "$(id -u)" = 0 ]; then prefix=(setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups --); fi
}
as() {
  become "$1"
  shift
  "${prefix[@]}" "$@"
}

pids=()
stop_all() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$root"
}
trap stop_all EXIT

# start NAME USER COMMAND...: in the background, its log in NAME.log. Its pid is in $started.
start() {
  local name=$1 user=$2
  shift 2
  become "$user"
  "${prefix[@]}" "$@" </dev/null >"$root/$name.log" 2>&1 &
  started=$!
  pids+=("$started")
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}
a_port=$(free_port)
b_port=$(free_port)

folder() { install -d -m "$3" -o "$2" -g "$(id -g "$2")" "$1" 2>/dev/null || install -d -m "$3" "$1"; }
folder "$root/a" "$a_user" 755
folder "$root/a-server" "$a_server_user" 755
folder "$root/b" "$b_user" 755
folder "$root/a-web" "$a_workload" 755
folder "$root/b-db" "$b_workload" 755

# --- a private root for b.test's endpoint -------------------------------------------------------------------------------
make_web_certificate() {
  (
    cd "$root/b"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=demo web root" \
      -keyout root.key -out root.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout tls.key -out tls.csr
    printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' >tls.ext
    openssl x509 -req -in tls.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -extfile tls.ext -out tls.pem
    [ "$(id -u)" != 0 ] || chown "$b_user" tls.key
    chmod 600 tls.key root.key
  ) >"$root/openssl.log" 2>&1 || die "making a certificate for b.test's endpoint"
}
make_web_certificate

cat >"$root/a/entente.yaml" <<END
trust_domain: a.test
data_dir: data
local: {issuer: {}}
bundle_endpoint:
  listen: "127.0.0.1:$a_port"
  refresh_hint: 2s
  publish_dir: public
  https_spiffe: {spiffe_id: "spiffe://a.test/entente", run_as: $a_server_user}
server: {state_dir: $root/a-server/state}
workload_api: {listen: "unix://$root/a/workload.sock"}
admin: {listen: "unix://$root/a/admin.sock"}
polling: {floor: 1s}
federation:
  - trust_domain: b.test
    endpoint_url: https://localhost:$b_port/bundle.json
    https_web: {roots: ../b/root.pem}
entries:
  - {spiffe_id: "spiffe://a.test/web", selectors: ["unix:user:$a_workload"]}
END

cat >"$root/b/entente.yaml" <<END
trust_domain: b.test
data_dir: data
local: {issuer: {}}
bundle_endpoint:
  listen: "127.0.0.1:$b_port"
  path: /bundle.json
  refresh_hint: 2s
  https_web: {certificate: tls.pem, key: tls.key}
workload_api: {listen: "unix://$root/b/workload.sock"}
admin: {listen: "unix://$root/b/admin.sock"}
polling: {floor: 1s}
federation:
  - trust_domain: a.test
    endpoint_url: https://localhost:$a_port/
    https_spiffe: {endpoint_spiffe_id: "spiffe://a.test/entente"}
    bootstrap_bundle: a.json
entries:
  - {spiffe_id: "spiffe://b.test/db", selectors: ["unix:user:$b_workload"]}
END

a_admin() { as "$a_user" "$root/entente" --admin-socket "$root/a/admin.sock" "$@"; }
b_admin() { as "$b_user" "$root/entente" --admin-socket "$root/b/admin.sock" "$@"; }
a_work() { as "$a_workload" "$root/entente" --socket "$root/a/workload.sock" "$@"; }
b_work() { as "$b_workload" "$root/entente" --socket "$root/b/workload.sock" "$@"; }
state_is() { "$1" federation show "$2" --output json | grep -q "\"state\": \"$3\""; }

# --- the two domains ----------------------------------------------------------------------------------------------------
say "1. a.test starts: a syncer (user $a_user) and the endpoint that faces the internet (user $a_server_user)"
start a-syncer "$a_user" "$root/entente" syncer -c "$root/a/entente.yaml"
until_true "a.test's syncer" a_admin health --ready
start a-server "$a_server_user" "$root/entente" server -c "$root/a/entente.yaml"
note "a.test's endpoint is https://localhost:$a_port/; it proves that it is spiffe://a.test/entente"

say "2. b.test starts as one process (user $b_user); a.test's bundle is given to it once, to begin with"
a_admin bundle show --format spiffe >"$root/b/a.json"
start b "$b_user" "$root/entente" run -c "$root/b/entente.yaml"
b_pid=$started
until_true "b.test" b_admin health --ready
note "b.test's endpoint is https://localhost:$b_port/bundle.json, with a certificate of a private root"

say "3. Each polls the other until it holds the other's bundle"
until_true "a.test holds b.test's bundle" state_is a_admin b.test current
until_true "b.test holds a.test's bundle" state_is b_admin a.test current
a_admin federation list
b_admin federation list

# --- workloads ----------------------------------------------------------------------------------------------------------
fetch_svids() {
  a_work svid fetch --write "$root/a-web" >/dev/null || die "a.test's workload got no SVID"
  b_work svid fetch --write "$root/b-db" >/dev/null || die "b.test's workload got no SVID"
}

# mTLS by OpenSSL's own programs: b.test's workload serves, a.test's connects; each demands and verifies the other's SVID
# with the bundle of the other's trust domain alone.
mutual_tls() {
  local port=$1 out
  become "$b_workload"
  "${prefix[@]}" openssl s_server -accept "127.0.0.1:$port" -naccept 1 -quiet -www \
    -cert "$root/b-db/svid.0.pem" -key "$root/b-db/svid.0.key" \
    -Verify 1 -verify_return_error -CAfile "$root/b-db/federated_bundle.0.0.pem" >"$root/s_server.log" 2>&1 &
  local server=$!
  until_true "OpenSSL's server" grep -q ":$(printf '%04X' "$port") 00000000:0000 0A" /proc/net/tcp
  out=$(printf 'GET / HTTP/1.0\r\n\r\n' | as "$a_workload" timeout 10 openssl s_client -connect "127.0.0.1:$port" -quiet \
    -cert "$root/a-web/svid.0.pem" -key "$root/a-web/svid.0.key" \
    -verify 1 -verify_return_error -CAfile "$root/a-web/federated_bundle.0.0.pem" -ign_eof 2>"$root/s_client.log") || true
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  grep -q 'HTTP/1.0 200' <<<"$out" || { cat "$root/s_client.log" "$root/s_server.log" >&2; return 1; }
}

say "4. mTLS between a workload of each domain (OpenSSL's s_server and s_client, with the SVIDs and bundles as files)"
fetch_svids
mutual_tls "$(free_port)" || die "the mTLS connection"
note "spiffe://a.test/web and spiffe://b.test/db authenticated each other"

say "5. A JWT-SVID of a.test's workload, shown to b.test"
token=$(a_work jwt fetch --audience spiffe://b.test/db)
b_work jwt validate --audience spiffe://b.test/db "$token" >"$root/validated" || die "b.test did not accept it"
note "$(head -n 1 "$root/validated")"
! b_work jwt validate --audience spiffe://b.test/other "$token" >/dev/null 2>&1 || die "a wrong audience was accepted"
note "for another audience it is refused"

say "6. a.test rotates its authorities at once; b.test's workloads learn of it by themselves"
before=$(sha256sum <"$root/b-db/federated_bundle.0.0.pem")
a_admin bundle rotate --now
bundle_arrived() { fetch_svids && [ "$before" != "$(sha256sum <"$root/b-db/federated_bundle.0.0.pem")" ]; }
until_true "a.test's new authority at b.test's workload" bundle_arrived
mutual_tls "$(free_port)" || die "the mTLS connection after the rotation"
token=$(a_work jwt fetch --audience spiffe://b.test/db)
b_work jwt validate --audience spiffe://b.test/db "$token" >/dev/null || die "b.test did not accept a token of the new authority"
note "a new mTLS connection and a new JWT-SVID, signed by the new authorities, are accepted in b.test"

say "7. b.test's endpoint goes bad: it answers 200 with a page that is no bundle"
b_token=$(b_work jwt fetch --audience spiffe://a.test/web)
good=$(a_admin bundle show b.test --format spiffe)
kill "$b_pid"
wait "$b_pid" 2>/dev/null || true
mkdir "$root/bad"
echo '<html><body>Under maintenance</body></html>' >"$root/bad/bundle.json"
chmod 600 "$root/b/tls.key"
(cd "$root/bad" && exec openssl s_server -accept "127.0.0.1:$b_port" -quiet -WWW -cert "$root/b/tls.pem" -key "$root/b/tls.key") \
  </dev/null >"$root/bad.log" 2>&1 &
bad_pid=$!
pids+=("$bad_pid")
said_syntax() { a_admin federation refresh b.test; a_admin federation show b.test --output json | grep -q '"code": "syntax"'; }
until_true "a.test notices" said_syntax
a_admin federation list
[ "$good" = "$(a_admin bundle show b.test --format spiffe)" ] || die "the bad answer changed b.test's bundle"
a_work jwt validate --audience spiffe://a.test/web "$b_token" >/dev/null || die "a.test stopped trusting b.test"
note "a.test says what is wrong, keeps b.test's last good bundle, and still accepts b.test's tokens"

say "8. b.test comes back"
kill "$bad_pid"
wait "$bad_pid" 2>/dev/null || true
start b-again "$b_user" "$root/entente" run -c "$root/b/entente.yaml"
until_true "b.test is back" b_admin health --ready
back() { a_admin federation refresh b.test && state_is a_admin b.test current; }
until_true "a.test sees it" back
note "the relationship is current again"

say "Every step held."
if $keep; then
  trap - EXIT
  say "Left running, in $root. To try:"
  run=""
  [ "$(id -u)" != 0 ] || run="setpriv --reuid $a_workload --regid $(id -g "$a_workload") --clear-groups -- "
  note "$root/entente --admin-socket $root/a/admin.sock federation show b.test"
  note "$root/entente --admin-socket $root/a/admin.sock bundle rotate"
  note "${run}$root/entente --socket $root/a/workload.sock svid fetch"
  note "${run}$root/entente --socket $root/a/workload.sock svid watch"
  note "curl --cacert $root/b/root.pem https://localhost:$b_port/bundle.json"
  note "To stop it: kill ${pids[*]}; rm -r $root"
fi
