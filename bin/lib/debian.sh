# shellcheck shell=bash
# shellcheck disable=SC2154 # the node is node.sh's
# Trees of files out of Debian's packages, as the layers of an image have them: nothing is installed, no script of a package runs.

# debian_packages DIR PACKAGE...: the packages with all they need, as if nothing were installed, downloaded into DIR; their paths, one a line.
debian_packages() {
  local dir=$1
  shift
  mkdir -p "$dir/partial"
  : >"$dir/status"
  apt_get -o "Dir::State::status=$dir/status" -o "Dir::Cache::archives=$dir" -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
    install --yes --download-only --no-install-recommends "$@" >&2 || return 1
  apt_get -o "Dir::State::status=$dir/status" -o "Dir::Cache::archives=$dir" -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
    install --yes --no-install-recommends --simulate "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p' | sort -u | while IFS= read -r package; do
    printf '%s\n' "$dir/${package}"_*.deb
  done
}

# unpack_packages TREE PACKAGE-FILE...: their files into one tree, with owners, modes and times as the packages have them.
unpack_packages() {
  local tree=$1 file
  shift
  mkdir -p "$tree"
  for file in "$@"; do
    dpkg-deb --fsys-tarfile "$file" | tar --extract --numeric-owner --same-permissions --directory="$tree"
  done
}

# make_debian_image WORK TAG DEBS PACKAGE...: an OCI layout in WORK/layout of two layers, as a Dockerfile's FROM and RUN would make: what every Debian
# has, and PACKAGE... with what they need besides. DEBS keeps what was downloaded.
make_debian_image() {
  local work=$1 tag=$2 debs=$3 base=() all=() added=() file
  shift 3
  mapfile -t base < <(debian_packages "$debs" base-files base-passwd bash coreutils dpkg apt libc-bin)
  mapfile -t all < <(debian_packages "$debs" base-files base-passwd bash coreutils dpkg apt libc-bin "$@")
  ((${#base[@]} && ${#all[@]})) || die "apt-get gives no packages for the image $tag: try apt-get update"
  mapfile -t added < <(printf '%s\n' "${all[@]}" "${base[@]}" "${base[@]}" | sort | uniq --unique)
  mkdir -p "$work"
  unpack_packages "$work/base" "${base[@]}"
  unpack_packages "$work/added" "${added[@]}"
  make_image "$work" "$tag" '"bash"' base added
}
