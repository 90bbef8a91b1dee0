#!/usr/bin/env python3
"""Runs every query of the deployment files on a Prometheus: rules as it has loaded them, dashboards, the console.

Usage: run_queries.py PROMETHEUS_URL DASHBOARD.json... CONSOLE.html...
Exits 1 when a query is not accepted or returns no number, and names it.
"""
import json
import math
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

# What Grafana puts in before it asks.
GRAFANA = {"$__rate_interval": "5m", "$__interval": "5m", "$model": ".*", "$strategy": ".*", "$backend": ".*"}


def get(url, path, **parameters):
    try:
        with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(parameters)}", timeout=20) as response:
            return json.load(response)["data"]
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["error"]) from None


def rule_queries(url):
    for group in get(url, "/api/v1/rules")["groups"]:
        for rule in group["rules"]:
            yield f"{rule['type']} rule {rule['name']}", rule["query"]


def dashboard_queries(path):
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    for variable in dashboard["templating"]["list"]:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()
        yield f"{path}, variable {variable['name']}", f'count by ({label}) ({metric}{{{label}!=""}})'
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in GRAFANA.items():
                query = query.replace(name, value)
            yield f"{path}, panel {panel['title']}", query


def console_queries(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r'query (?:\(printf )?"([^"]*)"', text)
    # Each use of the function is followed by a literal, so nothing is overlooked.
    if len(found) != len(re.findall(r"\bquery\b", text)):
        sys.exit(f"{path}: a query is no literal text, so it cannot be checked")
    for query in found:
        # What a row of a table fills in is any value here.
        yield f"{path}", query.replace("=%q", '=~".+"')


def problem_of(url, query):
    """What is wrong with a query; None when it returns a number."""
    try:
        data = get(url, "/api/v1/query", query=query)
    except ValueError as error:
        return str(error)
    values = [float(sample["value"][1]) for sample in data["result"]]
    if not values:
        return "no data"
    return "not a number" if all(math.isnan(value) for value in values) else None


def main(url, *files):
    queries = list(rule_queries(url))
    for path in files:
        queries += console_queries(path) if path.endswith(".html") else dashboard_queries(path)
    problems = [(where, query, problem) for where, query in queries if (problem := problem_of(url, query))]
    for where, query, problem in problems:
        print(f"{where}: {problem}: {' '.join(query.split())}")
    print(f"{len(queries)} queries, {len(queries) - len(problems)} with data")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
