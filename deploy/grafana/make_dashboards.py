#!/usr/bin/env python3
"""Writes Grafana's dashboards of Sextant into dashboards/. Change this file, not the JSON.

Usage: make_dashboards.py            writes the files
       make_dashboards.py --check    exits 1 when a file is not what would be written
"""
import json
import pathlib
import sys

SOURCE = {"type": "prometheus", "uid": "prometheus"}  # provisioning/datasources/prometheus.yml
BY = 'model=~"$model", strategy=~"$strategy"'


def target(expr, legend, instant=False):
    return {"expr": expr, "legendFormat": legend, "instant": instant, "range": not instant}


def quantiles(metric, matchers, by):
    """Medians and 95th percentiles of a histogram."""
    return [target(f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{{{matchers}}}[$__rate_interval])))",
                   f"{{{{{by}}}}} p{q * 100:.0f}") for q in (0.5, 0.95)]


def panel(kind, title, targets, description, *, unit="short", width=8, height=8, options=None, stack=False, top=None, low=None):
    custom = {"lineWidth": 1, "fillOpacity": 60 if stack else 10, "showPoints": "never",
              "stacking": {"mode": "normal" if stack else "none", "group": "A"}} if kind == "timeseries" else {}
    defaults = {"unit": unit, "color": {"mode": "palette-classic"}, "custom": custom, "mappings": [], "noValue": "none"}
    if top is not None:
        defaults["max"] = top
    if low is not None:
        defaults["min"] = low
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    tooltip = {"mode": "multi", "sort": "desc"}
    reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    of_kind = {
        "timeseries": {"legend": legend, "tooltip": tooltip},
        "stat": {"reduceOptions": reduce, "colorMode": "none", "graphMode": "area", "justifyMode": "auto", "orientation": "auto",
                 "textMode": "auto", "percentChangeColorMode": "standard", "showPercentChange": False, "wideLayout": True},
        "bargauge": {"reduceOptions": reduce, "displayMode": "basic", "orientation": "horizontal", "valueMode": "color",
                     "showUnfilled": True, "namePlacement": "auto", "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 300,
                     "sizing": "auto", "legend": {**legend, "showLegend": False}},
    }[kind]
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE,
            "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "editorMode": "code", **t} for i, t in enumerate(targets)],
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": {**of_kind, **(options or {})},
            "gridPos": {"w": width, "h": height, "x": 0, "y": 0}}


def stat(title, expr, description, unit="short", **more):
    return panel("stat", title, [target(expr, "", instant=True)], description, unit=unit, width=4, height=4, **more)


def row(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": 24, "h": 1, "x": 0, "y": 0}}


def laid_out(panels):
    """Places panels from left to right, in lines of 24 columns."""
    x = y = line = 0
    for number, one in enumerate(panels, start=1):
        place = one["gridPos"]
        if x + place["w"] > 24:
            x, y, line = 0, y + line, 0
        place["x"], place["y"], one["id"] = x, y, number
        x, line = x + place["w"], max(line, place["h"])
    return panels


def variable(name, label, query):
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE, "query": {"query": query, "refId": name},
            "definition": query, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}, "hide": 0, "options": [], "regex": "", "skipUrlSync": False}


def dashboard(uid, title, description, variables, panels):
    other = {"overview": "backends", "backends": "overview"}[uid.removeprefix("sextant-")]
    return {"uid": uid, "title": title, "description": description, "tags": ["sextant"], "schemaVersion": 39, "version": 1,
            "editable": True, "graphTooltip": 1, "refresh": "10s", "timezone": "browser", "time": {"from": "now-1h", "to": "now"},
            "fiscalYearStartMonth": 0, "annotations": {"list": []}, "templating": {"list": variables},
            "links": [{"type": "link", "title": f"Sextant {other}", "url": f"/d/sextant-{other}", "icon": "dashboard", "tooltip": "",
                       "asDropdown": False, "includeVars": True, "keepTime": True, "tags": [], "targetBlank": False}],
            "panels": laid_out(panels)}


def overview():
    available = '1 - sum(model:sextant_bad_solves:rate5m{model=~"$model"}) / (sum(model:sextant_counted_solves:rate5m{model=~"$model"}) > 0)'
    saved, billed = f"model_strategy:sextant_saved_tokens:estimate1h{{{BY}}}", f"model_strategy:sextant_billed_tokens:rate1h{{{BY}}}"
    per_strategy = "{{model}} {{strategy}}"
    panels = [
        stat("Solves a minute", f"60 * sum(model_strategy:sextant_solves:rate5m{{{BY}}})", "Solves that ended, however they did."),
        stat("Available", available, "Solves that got an answer, or an error that is the caller's. Objective: 99 %.", "percentunit"),
        stat("p95 of a solve", f"histogram_quantile(0.95, sum by (le) (rate(sextant_solve_seconds_bucket{{{BY}}}[5m])))",
             "From the request to the answer, time in the queue included.", "s"),
        stat("Tokens a second", f"sum(model_strategy:sextant_billed_tokens:rate5m{{{BY}}})",
             "Completion tokens billed: of finished and of cancelled traces."),
        stat("Saved (estimate)", f"sum({saved}) / (sum({saved} + {billed}) > 0)",
             "Estimated share of the tokens of a majority vote without early stop: max_traces times the mean finished trace, less what was billed. Last hour.",
             "percentunit"),
        stat("Cost in 24 h", f"sum(increase(sextant_cost_usd_total{{{BY}}}[1d]))", "Of models that have a price.", "currencyUSD"),

        row("Solves"),
        panel("timeseries", "Solves by strategy", [target(f"60 * sum by (model, strategy) (rate(sextant_solves_total{{{BY}}}[$__rate_interval])) > 0", per_strategy)],
              "Solves a minute.", stack=True),
        panel("timeseries", "Solves by end", [target(f"60 * sum by (stop_reason, code) (rate(sextant_solves_total{{{BY}}}[$__rate_interval])) > 0", "{{stop_reason}} {{code}}")],
              "Solves a minute, by why they stopped and by the code that the caller saw.", stack=True),
        panel("timeseries", "Error budget burn", [target(f'model:sextant_availability:burn1h{{model=~"$model"}}', "{{model}} availability"),
                                                  target(f'model:sextant_latency:burn1h{{model=~"$model"}}', "{{model}} latency")],
              "Over an hour. 1 uses the budget of 30 days up in 30 days; 14.4 is an alert.", low=0),
        panel("timeseries", "Duration", quantiles("sextant_solve_seconds", BY, "strategy"), "From the request to the answer.", unit="s"),
        panel("timeseries", "Running and waiting", [target("sum by (instance) (sextant_solves_running)", "{{instance}} running"),
                                                    target('sum by (model) (sextant_queue_waiting{model=~"$model"})', "{{model}} waiting")],
              "Solves now, of all models that run on a replica, and those that wait for their turn."),
        panel("timeseries", "Refused", [target('60 * sum by (model, reason) (rate(sextant_shed_total{model=~"$model"}[$__rate_interval])) > 0', "{{model}} {{reason}}")],
              "Solves a minute that were refused before any trace."),

        row("Tokens and cost"),
        panel("timeseries", "Tokens by kind", [target(f"sum by (kind) (rate(sextant_tokens_total{{{BY}}}[$__rate_interval]))", "{{kind}}")],
              "Tokens a second.", stack=True),
        panel("timeseries", "Tokens of a solve", quantiles("sextant_solve_tokens", BY, "strategy"), "Completion tokens billed for one solve."),
        panel("timeseries", "Cancelled share", [target(f"model_strategy:sextant_cancelled_tokens:share1h{{{BY}}}", per_strategy)],
              "Of the billed tokens, those of traces that were stopped. Last hour.", unit="percentunit", low=0, top=1),
        panel("timeseries", "Saved against a full vote (estimate)", [target(saved, per_strategy)],
              "Tokens a second, an estimate: max_traces times the mean finished trace for each solve, less what was billed. Below 0: more than the vote.", unit="short"),
        panel("timeseries", "Cost", [target(f"3600 * sum by (model) (rate(sextant_cost_usd_total{{{BY}}}[$__rate_interval]))", "{{model}}")],
              "USD an hour, of models that have a price.", unit="currencyUSD", stack=True),
        panel("timeseries", "Traces by outcome", [target(f"sum by (outcome) (rate(sextant_traces_total{{{BY}}}[$__rate_interval]))", "{{outcome}}")],
              "Traces a second.", stack=True),

        row("Answers"),
        panel("bargauge", "Accuracy, one day", [target(f"model_strategy:sextant_accuracy:ratio1d{{{BY}}}", per_strategy, instant=True)],
              "Of the answers that were graded.", unit="percentunit", low=0, top=1),
        panel("bargauge", "Agreement, one hour", [target(f"model_strategy:sextant_agreement:mean1h{{{BY}}}", per_strategy, instant=True)],
              "Mean share of the votes that the answer got.", unit="percentunit", low=0, top=1),
        panel("timeseries", "Plans by row", [target(f"60 * sum by (row) (rate(sextant_plans_total{{{BY}}}[$__rate_interval])) > 0", "{{row}}")],
              "Plans a minute, by the row of the policy that fired; request: the caller named the strategy.", stack=True),
        panel("timeseries", "Accuracy", [target(f"model_strategy:sextant_accuracy:ratio1d{{{BY}}}", per_strategy)],
              "Of a day's graded answers.", unit="percentunit", low=0, top=1, width=12),
        panel("timeseries", "Graded answers by difficulty", [target(f"60 * sum by (difficulty, verdict) (rate(sextant_graded_total{{{BY}}}[$__rate_interval]))", "{{difficulty}} {{verdict}}")],
              "Answers a minute, by the last estimate of the problem's difficulty.", stack=True, width=12),
    ]
    variables = [variable("model", "Model", "label_values(sextant_solves_total, model)"),
                 variable("strategy", "Strategy", "label_values(sextant_solves_total, strategy)")]
    return dashboard("sextant-overview", "Sextant overview", "Solves, tokens, cost and answers.", variables, panels)


def backends():
    by = 'backend=~"$backend"'
    model = 'model=~"$model"'
    panels = [
        stat("Replicas up", 'sum(up{job="sextant"})', "Of Sextant itself."),
        stat("Backends that serve", f'count(sum by (backend) (sextant_backend_state{{{by}, state="serving"}}) > 0)', "As at least one event loop sees them."),
        stat("Traces in flight", f"sum(sextant_backend_in_flight{{{by}}})", "On all backends, now."),
        stat("Errors a minute", f"60 * sum(rate(sextant_backend_errors_total{{{by}}}[5m]))", "Requests that backends failed, of any kind."),
        stat("p95 to the first token", f"histogram_quantile(0.95, sum by (le) (rate(sextant_backend_first_token_seconds_bucket{{{by}}}[5m])))", "From a trace's request.", "s"),
        stat("p99 of a cancel", "histogram_quantile(0.99, sum by (le) (rate(sextant_cancel_seconds_bucket[5m])))", "From the decision to the last stream closed.", "s"),

        row("Health"),
        panel("timeseries", "State", [target(f"sum by (backend, state) (sextant_backend_state{{{by}}}) > 0", "{{backend}} {{state}}")],
              "How many event loops see a backend so.", stack=True, width=12),
        panel("timeseries", "Errors by kind", [target(f"60 * sum by (backend, kind) (rate(sextant_backend_errors_total{{{by}}}[$__rate_interval])) > 0", "{{backend}} {{kind}}")],
              "Requests a minute that a backend failed.", width=12),
        panel("timeseries", "Retries and replacements", [target(f"60 * sum by (model) (rate(sextant_retries_total{{{model}}}[$__rate_interval]))", "{{model}} retries"),
                                                         target(f"60 * sum by (model) (rate(sextant_replacements_total{{{model}}}[$__rate_interval]))", "{{model}} replacements")],
              "A minute. Retries come before a trace's first token, replacements after it.", width=12),
        panel("timeseries", "Given up", [target(f"60 * sum by (backend) (rate(sextant_backend_retries_denied_total{{{by}}}[$__rate_interval]))", "{{backend}}")],
              "Traces a minute that a backend failed and that retry_share allowed no more request for.", width=12),

        row("Load"),
        panel("timeseries", "In flight", [target(f"sum by (backend) (sextant_backend_in_flight{{{by}}})", "{{backend}}")], "Traces now.", stack=True),
        panel("timeseries", "Waiting on the backend", [target(f"sum by (backend) (sextant_backend_queued{{{by}}})", "{{backend}}")],
              "Requests that wait there, by its own account (vLLM; llama.cpp with --metrics)."),
        panel("timeseries", "Waiting for a turn", quantiles("sextant_queue_seconds", model, "model"), "How long solves waited in Sextant's queue.", unit="s"),

        row("Time"),
        panel("timeseries", "First token", quantiles("sextant_backend_first_token_seconds", by, "backend"), "From a trace's request.", unit="s"),
        panel("timeseries", "Cancel", [target(f"histogram_quantile({q}, sum by (le) (rate(sextant_cancel_seconds_bucket[$__rate_interval])))", f"p{q * 100:.0f}") for q in (0.5, 0.99)],
              "From the decision to the last stream closed; tokens are paid for until then.", unit="s"),
        panel("timeseries", "Sextant's own time", [target(f"histogram_quantile({q}, sum by (le) (rate(sextant_overhead_seconds_bucket[$__rate_interval])))", f"p{q * 100:.0f}") for q in (0.5, 0.99)],
              "Of a solve, without what it waited for model servers.", unit="s"),
    ]
    variables = [variable("backend", "Backend", "label_values(sextant_backend_state, backend)"),
                 variable("model", "Model", "label_values(sextant_solves_total, model)")]
    return dashboard("sextant-backends", "Sextant backends", "Model servers as Sextant sees them.", variables, panels)


def main(arguments):
    folder = pathlib.Path(__file__).parent / "dashboards"
    stale = 0
    for name, content in (("overview.json", overview()), ("backends.json", backends())):
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        if arguments == ["--check"]:
            if (folder / name).read_text(encoding="utf-8") != text:
                print(f"{folder / name} is not what {__file__} writes; run it", file=sys.stderr)
                stale += 1
        elif not arguments:
            (folder / name).write_text(text, encoding="utf-8")
        else:
            sys.exit(__doc__)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
