# sources.sh - fetches Debian source packages; sourced by run. Sets nothing, defines fetch_source.
#
# apt is run with a configuration of its own, so the system's lists and sources stay as they are.

# private_apt DIR: a configuration below DIR with the deb-src lines of this Debian.
private_apt() {
    local dir=$1 suite
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    mkdir -p "$dir/lists/partial" "$dir/archives/partial"
    echo "deb-src http://deb.debian.org/debian $suite main" >"$dir/sources.list"
    cat >"$dir/apt.conf" <<END
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir";
Dir::Cache::Archives "$dir/archives";
END
    if [ -z "$(find "$dir/lists" -name '*Sources*' 2>/dev/null)" ]; then
        APT_CONFIG=$dir/apt.conf apt-get update -qq
    fi
}

# fetch_source DIR PACKAGE: unpacks the package's source as DIR/PACKAGE, once.
fetch_source() {
    local dir=$1 package=$2
    [ ! -d "$dir/$package" ] || return 0
    private_apt "$dir/apt"
    (
        cd "$dir"
        rm -rf "$package.unpack" && mkdir "$package.unpack" && cd "$package.unpack"
        APT_CONFIG=$dir/apt/apt.conf apt-get source -qq "$package" >/dev/null
        mv ./*/ "../$package"
    )
    rm -rf "$dir/$package.unpack"
}
