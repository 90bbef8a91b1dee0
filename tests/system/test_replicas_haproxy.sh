#!/usr/bin/env bash
# What test_replicas.sh says of nginx, of HAProxy with the configuration that is deployed.
exec bash "$(dirname "$0")/test_replicas.sh" haproxy
