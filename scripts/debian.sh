# Sourced.

# What goes on, on one line of a terminal that the next thing said replaces; nothing elsewhere.
progress() { if [ -t 2 ]; then printf '\r\033[K%s ' "$*" >&2; fi; }

# debian PACKAGE...: install Debian's packages where they may be installed; false where not, with why in $log.
# Removes nothing that is there, and asks nothing.
debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  progress "installing Debian packages: $*"
  local apt=(apt-get -y -q --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" install "$@" >"$log" 2>&1 </dev/null && return
  apt-get -q update >"$log" 2>&1 </dev/null && "${apt[@]}" install "$@" >>"$log" 2>&1 </dev/null
}
