# common.sh - what the benchmark runners share: where Go is, and how its programs are built. Wants $root and $out.

# find_go: the path of a Go compiler, or nothing.
find_go() {
    local get
    for get in "$root/../shared/tools/get-go" "$root/../../shared/tools/get-go" "$root/build/get-go"; do
        if [ -x "$get" ] && timeout 300 "$get" 2>"$out/get-go.log"; then return; fi
    done
    command -v go || true
}

# go_build PROGRAM FILES...: with the Go in $go.
go_build() {
    GOROOT=$(dirname "$(dirname "$(readlink -f "$go")")") GO111MODULE=off GOFLAGS= GOCACHE=$out/go-cache \
        "$go" build -o "$@"
}
