#!/usr/bin/env bash
# The programs that are shipped are hardened: cmake/hardening.cmake asks for it, this looks at what came out. And they load no
# other packages than docs/dependencies.md names.
source "$(dirname "$0")/checks.sh"
for tool in readelf objdump nm; do command -v "$tool" >/dev/null || skip "there is no $tool here"; done
if readelf -d "$bin/sextant-server" | grep -q 'libasan\|libtsan'; then skip "$bin was built with a sanitizer"; fi

# has PROGRAM READELF_FLAGS PATTERN WHAT
has() {
  readelf -W "$2" "$bin/$1" >"$work/elf" || fail "readelf cannot read $bin/$1"
  grep -q "$3" "$work/elf" || fail "$1 has no $4: readelf $2 shows no $3"
}

for program in sextant-server sextant sextant-simulator; do
  has "$program" -d 'FLAGS_1.*PIE' "position-independent code"
  has "$program" -d 'FLAGS_1.*NOW' "table of functions that is fixed at the start"
  has "$program" -l 'GNU_RELRO' "read-only relocations"
  has "$program" -l 'GNU_STACK.* RW ' "stack without execution"
  has "$program" --dyn-syms '__stack_chk_fail' "stack protector"
  has "$program" --dyn-syms '_chk@' "checked library functions (_FORTIFY_SOURCE)"
  case $(uname -m) in
    x86_64 | i?86)
      # C++ has thousands of functions that are called indirectly; the C start-up files have a handful.
      landings=$(objdump -d --no-show-raw-insn "$bin/$program" | grep -c 'endbr\(64\|32\)$') || true
      [ "$landings" -gt 1000 ] || fail "$program has $landings landing places for indirect jumps, expected over 1000 (-fcf-protection)"
      ;;
  esac
done
# The one file that is compiled for a kind of processor shares no function with others: the linker might take its version.
plain_chunk=${bin%/bin}/server/backend/CMakeFiles/sextant_backend.dir/plain_chunk.cc.o
[ -e "$plain_chunk" ] || fail "$plain_chunk is not there"
shared=$(nm -C "$plain_chunk" | grep -E ' [WVu] ' | grep -v 'DW.ref.__gxx_personality_v0') || true
[ -z "$shared" ] || fail "plain_chunk.cc has functions that other files may be given: $shared"
if command -v dpkg >/dev/null; then
  scripts/list_dependencies.sh --check "$bin"/{sextant-server,sextant,sextant-simulator} || fail "docs/dependencies.md is not up to date"
fi
echo "three programs are hardened: PIE, full RELRO, no executable stack, stack protector, fortified$([ "${landings:-}" ] && echo ", guarded indirect jumps")"
