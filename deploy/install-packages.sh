#!/bin/bash
# Installs the Debian 12 packages that building Entente needs, and with --tests those that only its tests need; what is
# there already is left alone. Uses sudo where it does not run as root.
set -euo pipefail

# What building Entente and running its demo needs.
build_packages=(
  ccache cmake ninja-build g++ pkg-config
  libboost1.81-dev libboost-url1.81-dev libssl-dev nlohmann-json3-dev
  libgrpc++-dev libgrpc-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  libsqlite3-dev libc-ares-dev libyaml-cpp-dev libcli11-dev libspdlog-dev prometheus-cpp-dev openssl
)
# Of nginx and prometheus the tests run the programs alone; where systemd runs, both packages start a service, too.
test_packages=(
  ca-certificates clang-format clang-tidy curl git libbenchmark-dev libcpp-jwt-dev libgmock-dev libgtest-dev mold
  nginx-light prometheus python3 python3-cryptography python3-jwt python3-venv shellcheck sqlite3 util-linux
)

usage() { echo "usage: $0 [--tests]"; }

packages=("${build_packages[@]}")
case "${1:-}" in
  "") ;;
  --tests) packages+=("${test_packages[@]}") ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
  as_root=(env)
elif command -v sudo >/dev/null; then
  as_root=(sudo env)
else
  echo "install-packages: these packages are missing, and there is neither root nor sudo to install them: ${missing[*]}" >&2
  exit 1
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
