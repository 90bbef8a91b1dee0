#!/usr/bin/env python3
"""Takes Alertmanager's notifications: a line of FILE for each alert that fires, its labels and annotations as JSON.

Usage: webhook_sink.py FILE     says `listening on HOST:PORT` first
"""
import http.server
import json
import sys


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            for alert in body["alerts"]:
                if alert["status"] == "firing":
                    file.write(json.dumps(alert["labels"] | alert["annotations"]) + "\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Sink)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
