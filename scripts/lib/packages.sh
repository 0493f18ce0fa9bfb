# Installs what is missing from Debian, and nothing else.
# shellcheck shell=bash

# need_packages COMMAND-OR-FILE=PACKAGE...: a name with a slash is a file, any other a command.
need_packages() {
  local pair probe missing=()
  for pair in "$@"; do
    probe="${pair%%=*}"
    case "$probe" in
      */*) [ -e "$probe" ] || missing+=("${pair#*=}") ;;
      *) command -v "$probe" > /dev/null || missing+=("${pair#*=}") ;;
    esac
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  mapfile -t missing < <(printf "%s\n" "${missing[@]}" | sort -u)

  command -v apt-get > /dev/null || die "missing: ${missing[*]}; install them, as this machine has no apt-get"
  say "installing from Debian: ${missing[*]}"
  local log
  log="$(mktemp)"
  if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
      "${missing[@]}"; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install: ${missing[*]} (its last lines are above)"
  fi
  rm -f "$log"
}
