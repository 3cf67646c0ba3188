# shellcheck shell=bash
# shellcheck disable=SC2154 # home, version and work are bin/package's, layout is image.sh's
# Loadstar's own image: two layers, of Debian what a shell script needs, and the distribution. No builder and no daemon of docker's is needed for it.

own_image_packages=(base-files base-passwd bash coreutils dash diffutils findutils grep mawk sed util-linux)

# make_own_base TREE: Debian's files, without their scripts having run; what those would have made, by hand.
make_own_base() {
  local tree=$1 debs=$work/debs files=()
  mapfile -t files < <(debian_packages "$debs" "${own_image_packages[@]}")
  ((${#files[@]})) || die "apt-get gives no packages for the image: try apt-get update"
  unpack_packages "$tree" "${files[@]}"
  cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
  cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
  [[ -e $tree/usr/bin/awk ]] || ln -s mawk "$tree/usr/bin/awk"
  [[ -e $tree/bin/sh ]] || ln -s dash "$tree/bin/sh"
  mkdir -p "$tree"/{proc,sys,dev,run,tmp,root}
  chmod 1777 "$tree/tmp"
  find "$tree/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
  rm -rf "$tree"/usr/share/{man,info,locale,lintian,bash-completion,bug}
}

# make_own_layer TREE DISTRIBUTION
make_own_layer() {
  local tree=$1
  mkdir -p "$tree/opt" "$tree/usr/bin"
  cp -a "$2" "$tree/opt/loadstar"
  ln -s ../../opt/loadstar/bin/loadstar ../../opt/loadstar/bin/loadstar-snapshotter ../../opt/loadstar/deploy/node/loadstar-node "$tree/usr/bin/"
}

# not_younger TREE: nothing in it is from after SOURCE_DATE_EPOCH, so that the same gives the same.
not_younger() { find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; }

# own_image_config: the inside of a JSON object; entry point is the command loadstar.
own_image_config() {
  local created
  created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
  printf '"created":"%s","architecture":"%s","os":"linux",' "$created" "$(image_architecture)"
  printf '"config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":["/usr/bin/loadstar"],"Cmd":["--help"],"WorkingDir":"/",'
  printf '"Labels":{"org.opencontainers.image.title":"Loadstar","org.opencontainers.image.description":"%s","org.opencontainers.image.version":"%s","org.opencontainers.image.created":"%s"}},' \
    "Starts containers before their images have arrived: a containerd snapshotter, its converter, and their installer for nodes" "${version/\~/-}" "$created"
  printf '"history":[{"created":"%s","created_by":"Debian: %s"},{"created":"%s","created_by":"bin/package image"}]' "$created" "${own_image_packages[*]}" "$created"
}

# make_own_image DISTRIBUTION ARCHIVE: as an OCI archive whose layers are eStargz: Loadstar's own image is pulled lazily, too.
make_own_image() {
  local at=$work/image tag=${version/\~/-}
  mkdir -p "$at"
  make_own_base "$at/base"
  make_own_layer "$at/loadstar" "$1"
  not_younger "$at/base"
  not_younger "$at/loadstar"
  make_image_of "$at" "$tag" "$(own_image_config)" base loadstar
  "$home/bin/loadstar" convert --quiet "oci:$at/layout:$tag" "oci-archive:$2:$tag" >&2
}
