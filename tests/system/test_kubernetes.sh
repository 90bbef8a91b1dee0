#!/usr/bin/env bash
# The Kubernetes files render, fit the schemas of their kinds, and agree with each other and with the server's own
# configuration. No cluster is asked.
source "$(dirname "$0")/checks.sh"
command -v kubectl >/dev/null || skip "kubectl (1.21 or later, for kustomize) is not installed"
command -v npm >/dev/null || skip "npm is not installed, so there are no schemas"
kubectl kustomize deploy/kubernetes/base >"$work/base.yaml" 2>"$work/kustomize.log" ||
  { kubectl version --client 2>&1 | grep -q 'v1\.\(1\|20\)' && skip "this kubectl is older than 1.21"
    fail "deploy/kubernetes/base does not render: $(cat "$work/kustomize.log")"; }
kubectl kustomize deploy/kubernetes/production >"$work/production.yaml" || fail "deploy/kubernetes/production does not render"

modules=${SEXTANT_NPM:-/var/tmp/sextant-npm}/kubernetes
mkdir -p "$modules"
npm install --prefix "$modules" --no-audit --no-fund --silent kubernetes-models@4.5.0 \
  @kubernetes-models/prometheus-operator@4.4.2 yaml@2.9.1 >"$work/npm.log" 2>&1 ||
  skip "npm cannot install kubernetes-models: $(tail -n 1 "$work/npm.log")"
export NODE_PATH=$modules/node_modules

# seconds TEXT: of 60s or 15m.
seconds() {
  case $1 in
    *[0-9]s) echo "${1%s}" ;;
    *[0-9]m) echo $((${1%m} * 60)) ;;
    *) fail "drain_timeout is $1, expected seconds or minutes" ;;
  esac
}

for overlay in base production; do
  node tests/system/kubernetes_objects.js <"$work/$overlay.yaml" >"$work/$overlay.json" 2>"$work/$overlay.log" ||
    fail "$overlay: $(cat "$work/$overlay.log")"
  for kind in Deployment Service HorizontalPodAutoscaler PodDisruptionBudget NetworkPolicy ServiceMonitor ConfigMap; do
    expect_json "$work/$overlay.json" "map(select(.kind == \"$kind\")) | length == 1" "$overlay"
  done
  # Everything that selects pods selects those of the Deployment.
  expect_json "$work/$overlay.json" '(.[] | select(.kind == "Deployment").spec.template.metadata.labels) as $pods
    | [.[] | (.spec.selector.matchLabels, .spec.podSelector.matchLabels, (select(.kind == "Service") | .spec.selector)) // empty]
    | length == 5 and all(. == $pods)' "$overlay: selectors"
  expect_json "$work/$overlay.json" '[.[] | select(.kind == "Service").spec.ports[].targetPort] - [.[] | select(.kind == "Deployment").spec.template.spec.containers[0].ports[].name] == []' \
    "$overlay: ports"

  # The server accepts its configuration, with the secret that it is given by reference.
  jq -r '.[] | select(.kind == "ConfigMap").data["sextant.yaml"]' "$work/$overlay.json" >"$work/$overlay-sextant.yaml"
  PROVIDER_KEY=unused SEXTANT_RECEIPT_KEY=0123456789abcdef0123456789abcdef "$bin/sextant-server" --config "$work/$overlay-sextant.yaml" --check-config >"$work/check.log" 2>&1 ||
    fail "$overlay: $(cat "$work/check.log")"
  if grep -q '^kind: Secret' "$work/$overlay.yaml"; then fail "$overlay holds a secret"; fi

  # A pod is not killed while it drains.
  drain=$(seconds "$(sed -n 's/^ *drain_timeout: *\([0-9a-z]*\).*/\1/p' "$work/$overlay-sextant.yaml")")
  expect_json "$work/$overlay.json" '.[] | select(.kind == "Deployment").spec.template.spec
    | .terminationGracePeriodSeconds > (.containers[0].lifecycle.preStop.exec.command[1] | tonumber) + '"$drain" "$overlay: grace period"
done

# The schemas would say so.
sed 's/maxReplicas: .*/maxReplicas: five/' "$work/base.yaml" >"$work/wrong.yaml"
if node tests/system/kubernetes_objects.js <"$work/wrong.yaml" >/dev/null 2>"$work/wrong.log"; then fail "maxReplicas: five passed"; fi
grep -q maxReplicas "$work/wrong.log" || fail "expected an error about maxReplicas, got: $(cat "$work/wrong.log")"
echo "$(jq length "$work/base.json") objects of the base and $(jq length "$work/production.json") of production fit their schemas"
