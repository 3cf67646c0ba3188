# shellcheck shell=bash
# The images of bin/bench: a base, Debian's packages of one program with all they need, and a script that uses it. Each ends up as an archive
# DIR/NAME.tar (an OCI layout, tag v1), and as DIR/NAME-2.tar, the same rebuilt after an update: every twentieth file of the packages is another.

bench_images=(redis nginx node python java gcc postgres)

# bench_packages NAME: what is in it beside the base
bench_packages() {
  case $1 in
    redis) echo redis-server ;;
    nginx) echo nginx ;;
    node) echo nodejs ;;
    python) echo python3-numpy python3-pandas ;;
    java) echo default-jdk-headless ;;
    gcc) echo gcc libc6-dev ;;
    postgres) echo postgresql ;;
    *) return 1 ;;
  esac
}

# bench_workload NAME: the script's text. It prints the line "ready" when what people wait for has happened, and then ends what it has started.
bench_workload() {
  case $1 in
    redis)
      cat <<'SCRIPT'
redis-server --save '' --daemonize no >/dev/null &
until redis-cli ping 2>/dev/null | grep -q PONG; do kill -0 %1; sleep 0.01; done
echo ready
kill %1
SCRIPT
      ;;
    nginx)
      cat <<'SCRIPT'
mkdir -p /var/log/nginx /var/lib/nginx
nginx -c /bench/nginx.conf &
until { exec 3<>/dev/tcp/127.0.0.1/8080; } 2>/dev/null; do kill -0 %1; sleep 0.01; done
printf 'GET / HTTP/1.0\r\n\r\n' >&3
grep -q '200 OK' <&3
echo ready
kill %1
SCRIPT
      ;;
    node) echo 'node -e "const http = require(\"http\"), zlib = require(\"zlib\"); console.log(zlib.gzipSync(http.METHODS.join()).length > 0 ? \"ready\" : \"\")"' ;;
    python) echo 'python3 -c "import numpy, pandas; frame = pandas.DataFrame({\"a\": numpy.arange(9), \"b\": 1}); assert frame.groupby(\"b\").sum().a[1] == 36; print(\"ready\")"' ;;
    java) echo 'java -XX:TieredStopAtLevel=1 /bench/Hello.java' ;;
    gcc) echo 'gcc -O2 -o /tmp/hello /bench/hello.c && /tmp/hello' ;;
    postgres)
      cat <<'SCRIPT'
bin=$(echo /usr/lib/postgresql/*/bin)
as="setpriv --reuid=101 --regid=101 --clear-groups"
mkdir -m 700 /tmp/data && chown 101:101 /tmp/data
$as "$bin/initdb" --no-sync --pgdata=/tmp/data --username=postgres --locale=C --encoding=UTF8 >/dev/null
$as "$bin/pg_ctl" --pgdata=/tmp/data --options="-k /tmp -c listen_addresses=" --wait --silent --log=/tmp/data/log start
[[ $($as "$bin/psql" --host=/tmp --username=postgres --tuples-only --no-align --command='select 6 * 7') == 42 ]]
echo ready
$as "$bin/pg_ctl" --pgdata=/tmp/data --mode=immediate --silent stop
SCRIPT
      ;;
  esac
}

# make_bench_layer NAME TREE: the script, what it uses, and what Debian's packages leave to their scripts.
make_bench_layer() {
  local name=$1 tree=$2
  mkdir -p "$tree/bench" "$tree/etc" "$tree/tmp" "$tree/proc" "$tree/sys" "$tree/dev"
  chmod 1777 "$tree/tmp"
  printf '%s\n' root:x:0:0:root:/root:/bin/bash www-data:x:33:33::/var/www:/bin/false postgres:x:101:101::/tmp:/bin/bash >"$tree/etc/passwd"
  printf '%s\n' root:x:0: www-data:x:33: postgres:x:101: >"$tree/etc/group"
  {
    printf '%s\n' '#!/bin/bash' 'set -e'
    # What update-alternatives would have linked.
    printf '%s\n' 'export PATH=/usr/lib/jvm/default-java/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C' \
      'for d in /usr/lib/*-linux-gnu/{blas,lapack}; do [[ ! -d $d ]] || LD_LIBRARY_PATH+=${LD_LIBRARY_PATH:+:}$d; done; export LD_LIBRARY_PATH'
    bench_workload "$name"
  } >"$tree/bench/run"
  chmod 755 "$tree/bench/run"
  case $name in
    nginx)
      printf '%s\n' 'user www-data; daemon off; pid /tmp/nginx.pid; error_log stderr; events {}' \
        'http { access_log off; server { listen 127.0.0.1:8080; location / { root /usr/share/nginx/html; index index.html; } } }' >"$tree/bench/nginx.conf"
      ;;
    java) printf '%s\n' 'public class Hello { public static void main(String[] a) { System.out.println(java.util.List.of("ready").getFirst()); } }' \
      | sed 's/getFirst()/get(0)/' >"$tree/bench/Hello.java" ;;
    gcc) printf '%s\n' '#include <stdio.h>' 'int main(void) { puts("ready"); return 0; }' >"$tree/bench/hello.c" ;;
  esac
}

# settle_trees BASE ADDED: what Debian's packages do when they are installed: the loader's cache, and Python's modules compiled. It ends up in ADDED.
settle_trees() {
  local merged=$2.merged work=$2.work status=0
  mkdir "$merged" "$work"
  mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$work" overlay "$merged" || return 1
  chroot "$merged" ldconfig || status=1
  if [[ -x $merged/usr/bin/python3 ]]; then chroot "$merged" /usr/bin/python3 -m compileall -q /usr/lib >/dev/null 2>&1 || true; fi # some are templates
  umount "$merged"
  rm -rf "$merged" "$work"
  return "$status"
}

# update_tree TREE: a byte more at the end of every twentieth of its files, by name.
update_tree() {
  local file
  while IFS= read -r -d '' file; do
    printf '\n' >>"$file"
  done < <(cd "$1" && find "$PWD" -type f -print0 | sort --zero-terminated | awk 'BEGIN { RS = ORS = "\0" } NR % 20 == 0')
}

# make_bench_image NAME WORK DIR: makes DIR/NAME.tar and DIR/NAME-2.tar; what is downloaded is kept in DIR/debs.
make_bench_image() {
  local name=$1 work=$2 dir=$3 base=() all=() added=() common=(base-files base-passwd bash coreutils dash dpkg grep libc-bin sed util-linux) version tag
  mapfile -t base < <(debian_packages "$dir/debs" "${common[@]}")
  # shellcheck disable=SC2046 # several packages
  mapfile -t all < <(debian_packages "$dir/debs" "${common[@]}" $(bench_packages "$name"))
  ((${#base[@]} && ${#all[@]})) || die "apt-get gives no packages for the image $name: try apt-get update"
  mapfile -t added < <(printf '%s\n' "${all[@]}" "${base[@]}" "${base[@]}" | sort | uniq --unique)
  for version in 1 2; do
    tag=$work/$version
    mkdir -p "$tag"
    unpack_packages "$tag/base" "${base[@]}"
    unpack_packages "$tag/added" "${added[@]}"
    settle_trees "$tag/base" "$tag/added" || die "can't run ldconfig in the image $name: is $tag on an overlay itself? Set TMPDIR to another file system"
    if ((version == 2)); then update_tree "$tag/added"; fi
    make_bench_layer "$name" "$tag/bench"
    make_image "$tag" v1 '"/bin/bash","/bench/run"' base added bench
  done
  printf '%s' "$(<"$work/1/bytes")" >"$dir/$name.bytes"
  tar --create --directory="$work/2/layout" --file="$dir/$name-2.tar" .
  tar --create --directory="$work/1/layout" --file="$dir/$name.partial" .
  mv "$dir/$name.partial" "$dir/$name.tar"
  rm -rf "${work:?}"
}
