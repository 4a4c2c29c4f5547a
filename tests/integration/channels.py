# SPDX-License-Identifier: Apache-2.0
"""Channels that go on with what they said: a real Alertmanager, a Slack app, fallbacks, and what a
person sends again."""

import json
import os
import shutil
import subprocess
import urllib.request

import mail
from engine import free_port, poll_until
from receivers import Answer, ScriptedReceiver

ROUTES = """\
route: {receiver: ops, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: ops, webhook_configs: [{url: "%s", send_resolved: true}]}]
"""


class Alertmanager:
    """Debian's, with one webhook receiver; each start begins with nothing."""

    def __init__(self, folder, receiver):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        (folder / "routes.yml").write_text(ROUTES % receiver.url("/am"))
        self.process = None

    def start(self):
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["prometheus-alertmanager", f"--config.file={self.folder / 'routes.yml'}",
                 f"--storage.path={self.folder / 'data'}", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log, env={**os.environ, "GOMAXPROCS": "1"})
        poll_until(lambda: self.alerts() is not None, 30, "Alertmanager answers")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def alerts(self):
        """What its own API shows."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/alerts", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None


def alertmanager_shows_our_alerts(context):
    with ScriptedReceiver() as receiver:
        alertmanager = Alertmanager(mail.folder(context) / "am", receiver)
        alertmanager.start()
        try:
            channel = '{alertmanager: {url: "http://127.0.0.1:%d"}}' % alertmanager.port
            with mail.Scene(context, channel) as scene:
                scene.request(3)
                shown = poll_until(lambda: len(alertmanager.alerts()) == 2 and alertmanager.alerts(), 60,
                                   "both rungs in Alertmanager")
                rungs = {alert["labels"]["rung"]: alert for alert in shown}
                assert {*rungs} == {"50%", "75%"}, rungs
                assert rungs["75%"]["labels"]["alertname"] == "requests-daily"
                assert rungs["75%"]["labels"]["severity"] == "warning"
                assert rungs["75%"]["endsAt"].endswith("T00:00:00.000Z"), rungs["75%"]["endsAt"]
                assert rungs["75%"]["annotations"]["budget"] == "4"
                told = receiver.wait_for(lambda posts: posts, 30, "Alertmanager's own receiver")
                assert told[0].json["alerts"][0]["labels"]["alertname"] == "requests-daily"
                # Both forget what is in memory alone.
                alertmanager.stop()
                scene.engine.kill9()
                alertmanager.start()
                assert alertmanager.alerts() == []
                scene.engine.start_ready()
                poll_until(lambda: len(alertmanager.alerts()) == 2, 60, "both rungs after the restart")
        finally:
            alertmanager.stop()


class Slack:
    """Answers as Slack's Web API does; `refused` are errors by method, once each."""

    def __init__(self):
        self.posted, self.refused = 0, []

    def __call__(self, body):
        post = json.loads(body)
        if "ts" in post and self.refused:
            return Answer(200, json.dumps({"ok": False, "error": self.refused.pop()}))
        self.posted += 1
        message = {"thread_ts": post["thread_ts"]} if "thread_ts" in post else {}
        ts = post.get("ts", f"1700000000.{self.posted:06}")
        return Answer(200, json.dumps({"ok": True, "channel": "C024BE91L", "ts": ts, "message": message}))


def a_slack_app_edits_its_message(context):
    slack = Slack()
    with ScriptedReceiver(slack) as api:
        channel = '{slack: {bot_token_file: password, channel: "#alerts", url: "%s"}}' % api.url("/api")
        with mail.Scene(context, channel) as scene:
            scene.request(2)
            first = api.wait_for(lambda posts: len(posts) == 2 and posts, 60, "a message and its details")
            assert [post.path for post in first] == ["/api/chat.postMessage"] * 2
            assert first[0].headers["authorization"] == f"Bearer {mail.PASSWORD}"
            assert first[0].json["channel"] == "#alerts" and "thread_ts" not in first[0].json
            assert first[1].json["thread_ts"] == "1700000000.000001"
            scene.engine.kill9()
            scene.engine.start_ready()
            scene.request()
            second = api.wait_for(lambda posts: len(posts) == 4 and posts, 60, "the edit")[2:]
            assert second[0].path == "/api/chat.update", second[0].path
            assert second[0].json["ts"] == "1700000000.000001"
            assert second[0].json["channel"] == "C024BE91L"
            assert second[1].json["reply_broadcast"] is True
            slack.refused.append("message_not_found")
            scene.request()
            third = api.wait_for(lambda posts: len(posts) == 7 and posts, 60, "a message in its place")[4:]
            assert [post.path for post in third] == ["/api/chat.update"] + ["/api/chat.postMessage"] * 2
            assert "ts" not in third[1].json and third[1].json["channel"] == "#alerts"


def a_fallback_is_told_and_a_person_sends_it_again(context):
    answers = [Answer(404, "no_service")]
    with ScriptedReceiver(lambda body: answers[0] if answers else Answer()) as slack:
        channel = '{slack: {webhook_url: "%s"}, fallback: ops}' % slack.url("/slack")
        with mail.Scene(context, channel) as scene:
            scene.request(2)
            told = scene.ops.wait_for(lambda posts: [p for p in posts if "in_place_of" in p.json], 60,
                                      "the fallback told")
            assert told[0].json["in_place_of"] == "hook: it answered 404 (no_service)", told[0].json
            listed = json.loads(scene.engine.command("notifications", "--state", "parked", "--json"))
            [parked] = listed["notifications"]
            assert parked["channel"] == "hook" and parked["attempts"] == 1, parked
            assert "50%" in parked["first_line"], parked
            text = scene.engine.command("notifications", "show", parked["id"][:8])
            assert "parked" in text and "it answered 404 (no_service)" in text, text
            answers.clear()
            sent = scene.engine.command("notifications", "resend", parked["id"])
            assert "is sent to hook: " in sent, sent
            slack.wait_for(lambda posts: [p for p in posts if p.answer.accepts], 60, "it is sent again")
            table = poll_until(lambda: "parked" not in scene.engine.command("notifications") and
                               scene.engine.command("notifications"), 30, "nothing is parked")
            assert "delivered" in table, table
            twice = [p.json["summary"] for p in scene.ops.deliveries if "in_place_of" in p.json]
            assert len(twice) == 1, twice


TESTS = [
    ("Alertmanager shows our alerts until their window ends, also when it and we began anew",
     alertmanager_shows_our_alerts),
    ("A Slack app edits its message, also after a kill, and says it anew where it cannot",
     a_slack_app_edits_its_message),
    ("What a broken channel cannot be told is told by its fallback, and sent again when asked",
     a_fallback_is_told_and_a_person_sends_it_again),
]
