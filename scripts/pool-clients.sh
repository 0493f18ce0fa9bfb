#!/bin/bash
# Holds the simulated pool to clients that nobody here wrote: npm's xen-api, the official XenAPI.py, libnbd's tools,
# qemu-img. Installs what it needs into a directory of its own, prints "N passed, N failed", leaves nothing behind.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"

prepare_dotnet
need_packages node=nodejs npm=npm /usr/bin/python3=python3 nbdinfo=libnbd-bin nbdcopy=libnbd-bin qemu-img=qemu-utils \
  curl=curl

clients="$repository/tests/VdiFs.Pool/Clients"
work="$(mktemp -d /tmp/vdifs-pool-clients.XXXXXX)"
simulator=""
cleanup() {
  local status=$?
  trap - EXIT
  [ -z "$simulator" ] || { kill "$simulator" 2> /dev/null || true; wait "$simulator" || true; }
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Own loopback addresses by process number, so that several runs and a pool.sh stand side by side.
hosts=()
for number in 1 2 3; do
  hosts+=("127.$((64 + $$ / 256 % 64)).$(($$ % 256)).$number")
done
https_port=44300
nbd_port=44301
password_file="$work/password"
(umask 077 && head -c 18 /dev/urandom | base64 > "$password_file")

say "fetching the clients"
cp "$clients"/package*.json "$clients"/*.mjs "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > npm.log 2>&1) \
  || { cat "$work/npm.log" >&2; die "npm could not fetch xen-api"; }
mkdir "$work/debian"
chmod 755 "$work" "$work/debian"
(cd "$work/debian" && apt-get -q download fence-agents > ../apt.log 2>&1 && dpkg-deb -x fence-agents_*.deb .) \
  || { cat "$work/apt.log" >&2; die "apt-get could not fetch fence-agents, which holds XenAPI.py"; }

say "starting the pool"
dotnet build "$repository/tests/VdiFs.Pool" -c Release -v quiet -nologo > "$work/build.log" 2>&1 \
  || { cat "$work/build.log" >&2; die "the build failed (its messages are above)"; }
"$repository/tests/VdiFs.Pool/bin/Release/net10.0/VdiFs.Pool" --hosts "$(IFS=,; echo "${hosts[*]}")" \
  --https-port "$https_port" --nbd-port "$nbd_port" --root-password-file "$password_file" > "$work/output" &
simulator=$!
until grep -q '^ready$' "$work/output"; do
  kill -0 "$simulator" 2> /dev/null || die "the simulator did not start (its message is above)"
  sleep 0.1
done

# A client that dies before it has said anything must not count as content: its end is a claim of its own.
hold() {
  local name="$1" status=0
  shift
  say "$name"
  timeout 120 "$@" > "$work/said" 2>&1 || status=$?
  cat "$work/said"
  cat "$work/said" >> "$work/results"
  if [ "$status" = 0 ]; then echo "ok $name: ended well"; else echo "not ok $name: exit status $status"; fi \
    | tee -a "$work/results"
}

hold xen-api node "$work/xen-api.mjs" "${hosts[0]}" "${hosts[1]}" "$https_port" "$password_file"
hold XenAPI.py /usr/bin/python3 -B "$clients/xenapi_sdk.py" "$work/debian/usr/share/fence" \
  "${hosts[0]}" "${hosts[1]}" "$https_port" "$password_file"
for script in "$clients"/*.sh; do
  [ ! -e "$script" ] || hold "$(basename "$script" .sh)" bash "$script" "${hosts[0]}" "${hosts[1]}" "$https_port" \
    "$password_file" "$work"
done

summary="$(curl -sk "https://${hosts[0]}:$https_port/_control")"
say "left behind: ${summary//$'\n'/, }"
case "$summary" in
  *"sessions 0"*"dom0-vbds 0"*) echo "ok pool: no session and no VBD of dom0 is left" ;;
  *) echo "not ok pool: something is left" ;;
esac | tee -a "$work/results"

passed="$(grep -c '^ok ' "$work/results" || true)"
failed="$(grep -c '^not ok ' "$work/results" || true)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
