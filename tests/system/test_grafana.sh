#!/usr/bin/env bash
# The dashboards are what their generator writes, and fit the types that Grafana publishes. Whether their queries
# return data is test_prometheus.sh's. No Grafana runs here: Debian has no package of it.
source "$(dirname "$0")/checks.sh"

deploy/grafana/make_dashboards.py --check || fail "a dashboard is not what deploy/grafana/make_dashboards.py writes"
jq -es 'map(.uid) == (map(.uid) | unique)' deploy/grafana/dashboards/*.json >/dev/null || fail "two dashboards have one uid"

command -v npm >/dev/null || skip "npm is not installed, so the dashboards' types are not checked"
modules=${SEXTANT_NPM:-/var/tmp/sextant-npm}/grafana
mkdir -p "$modules"
# The version of the image in docker-compose.yml.
version=$(sed -n 's#.*image: grafana/grafana:\([0-9.]*\).*#\1#p' docker-compose.yml)
[ -n "$version" ] || fail "docker-compose.yml names no version of grafana/grafana"
npm install --prefix "$modules" --no-audit --no-fund --silent "@grafana/schema@$version" typescript@5.8.3 >"$work/npm.log" 2>&1 ||
  skip "npm cannot install @grafana/schema $version: $(tail -n 1 "$work/npm.log")"

mkdir "$work/types"
ln -s "$modules/node_modules" "$work/types/node_modules"
cp tests/system/grafana_dashboards.ts "$work/types/"
compile() {
  "$modules/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --target es2022 --module es2022 \
    --moduleResolution node "$work/types/$1.ts" >"$work/$1.log" 2>&1
}
# typed FILE NAME: a dashboard as a module.
typed() {
  { echo "import type { Dashboard } from './grafana_dashboards';"
    echo -n "export const dashboard: Dashboard = "
    cat "$1"; } >"$work/types/$2.ts"
}
for file in deploy/grafana/dashboards/*.json; do
  name=$(basename "$file" .json)
  typed "$file" "$name"
  compile "$name" || fail "$file does not fit @grafana/schema $version: $(head -n 5 "$work/$name.log")"
done

# The compiler would say so.
jq '.panels[0].options.colorMode = "sparkling"' deploy/grafana/dashboards/overview.json >"$work/wrong.json"
typed "$work/wrong.json" wrong
if compile wrong; then fail "a colour mode that does not exist passed"; fi
grep -q sparkling "$work/wrong.log" || fail "expected an error about the wrong colour mode, got: $(head -n 3 "$work/wrong.log")"
echo "$(jq -s 'map(.panels | length) | add' deploy/grafana/dashboards/*.json) panels and rows fit the types of Grafana $version"
