#!/usr/bin/env bash
# Debian packages that some tests need: a browser with a Chinese font, strace (who is asked, seen from outside), ip (networks of their own), and a TeX that compiles exported surveys (150 MB to fetch, 550 MB on disk, one to
# two minutes). Where they cannot be installed the tests say so and skip; in CI they must not.
set -u
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v strace >/dev/null || missing+=(strace)
command -v ip >/dev/null || missing+=(iproute2)
fc-list 2>/dev/null | grep -q 'Noto.*CJK' || missing+=(fonts-noto-cjk fontconfig)
kpsewhich ctex.sty pzdr.tfm >/dev/null 2>&1 && command -v xelatex >/dev/null \
    || missing+=(texlive-latex-base texlive-latex-recommended texlive-xetex texlive-lang-chinese texlive-fonts-recommended lmodern)
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "not a Debian system: install ${missing[*]} by hand for the tests that need them" >&2
    exit 0
fi
run=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || { echo "no rights to install ${missing[*]}; the tests that need them will skip" >&2; exit 0; }
    run=(sudo -n)
fi
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -q >/dev/null && "${run[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null \
    || echo "could not install ${missing[*]}; the tests that need them will skip" >&2
exit 0
