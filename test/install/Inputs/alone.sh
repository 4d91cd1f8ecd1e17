#!/bin/sh
# alone.sh ROOT BUILD: installs into a directory with a blank in its name, hides ROOT, and uses what is left.
set -e
root=$1 build=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/gocc alone.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cmake --install "$build" --prefix "$dir/gocc" >/dev/null
cp -R "$root/examples/build" "$root/examples/fan_in.gc" "$dir"
cat >"$dir/use.sh" <<'END'
set -e
mount -t tmpfs none "$1"
[ ! -e "$1/README.md" ] && echo hidden
cd "$2"
PATH=$PWD/gocc/bin:$PATH
gocc fan_in.gc -o fan_in && echo "compiled: $(./fan_in | tail -1)"
for s in address thread; do
    gocc -fsanitize=$s fan_in.gc -o fan_in
    echo "$(echo $s | cut -c1)san: $(./fan_in | tail -1)"
done
cmake -S build -B cmake -G Ninja >cmake.log && cmake --build cmake >>cmake.log
echo "cmake: $(cmake/program)"
PKG_CONFIG_PATH=$PWD/gocc/lib/pkgconfig
export PKG_CONFIG_PATH
gocc -c build/main.gc build/squares.gc
eval "gcc build/title.c main.o squares.o -o program $(pkg-config --cflags --libs gocc)"
echo "pkg-config: $(./program)"
END
unshare -rm sh "$dir/use.sh" "$root" "$dir"
