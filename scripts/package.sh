#!/usr/bin/env bash
# Builds the .deb (release) and checks what is in it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build
build_ui
rm -rf target/release/bundle/deb
say 'Building the release and its .deb'
tauri build --bundles deb -- --locked

mapfile -t packages < <(find target/release/bundle/deb -maxdepth 1 -name '*.deb')
[[ ${#packages[@]} -eq 1 ]] || die "expected one .deb, found ${#packages[@]}"
package=${packages[0]}

# What an installation needs: the program, a menu entry and an icon, and the libraries named.
contents=$(dpkg-deb --contents "$package")
for wanted in usr/bin/frontdesk .desktop /icons/; do
    grep --quiet --fixed-strings -- "$wanted" <<<"$contents" || die "the package lacks $wanted"
done
dpkg-deb --field "$package" Depends | grep --quiet libwebkit2gtk-4.1-0 || die "the package does not name its libraries"

say "$package: $(stat --format %s "$package") bytes"
dpkg-deb --info "$package"
